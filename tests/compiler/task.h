#pragma once

#include <coroutine>
#include <exception>
#include <utility>

/// The smallest lazy coroutine that returns a number, and finishes whoever awaits it.
class Task {
 public:
  struct promise_type {
    int value = 0;
    std::coroutine_handle<> awaiting = std::noop_coroutine();

    struct Finish {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        return self.promise().awaiting;
      }
      void await_resume() noexcept {}
    };

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    Finish final_suspend() noexcept { return {}; }
    void return_value(int result) { value = result; }
    void unhandled_exception() { std::terminate(); }
  };

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    handle_.promise().awaiting = awaiting;
    return handle_;
  }
  int await_resume() const { return handle_.promise().value; }

  /// Runs to the end, without anyone awaiting. -1 if it did not get there.
  int run() {
    handle_.resume();
    return handle_.done() ? handle_.promise().value : -1;
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};
