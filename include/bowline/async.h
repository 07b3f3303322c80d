#pragma once

#include <bowline/loop.h>
#include <bowline/operation.h>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

// Operations in coroutines. GCC 12 miscompiles two coroutine shapes without a warning: an `if` or `switch`
// directly on a `co_await`, and a braced temporary in an expression that awaits. Name the awaited result, and
// name the options.

namespace bowline {

namespace detail {

/// Starts an operation and resumes the coroutine with its result.
template <class T>
class OperationAwaiter {
 public:
  explicit OperationAwaiter(Operation<T> operation) : operation_(std::move(operation)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    operation_.start([this, waiting](Result<T> result) {
      result_.emplace(std::move(result));
      waiting.resume();
    });
  }
  Result<T> await_resume() { return std::move(*result_); }

 private:
  Operation<T> operation_;
  std::optional<Result<T>> result_;
};

}  // namespace detail

/// `const Result<Message> message = co_await connection.receive();`, in any coroutine type. Destroying the
/// coroutine while it waits cancels the operation.
template <class T>
[[nodiscard]] detail::OperationAwaiter<T> operator co_await(Operation<T> operation) {
  return detail::OperationAwaiter<T>(std::move(operation));
}

/// A coroutine that starts when it is awaited, or spawned; and ends its awaiter's wait.
///
/// lifetime  owns its frame: dropping a task that waits cancels what it waits for
template <class T = void>
class [[nodiscard]] Task;

namespace detail {

class TaskPromiseBase {
 public:
  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      return ended.promise().after_ ? ended.promise().after_ : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  // Bowline reports failure in results; an exception that leaves a task is a programming error.
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  void continue_with(std::coroutine_handle<> after) { after_ = after; }

 private:
  std::coroutine_handle<> after_;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  template <class Value>
  void return_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    frame_.promise().continue_with(waiting);
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

/// The frame of a spawned task: owns itself.
struct Spawned {
  struct promise_type {
    Spawned get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};

inline Spawned run_spawned(Task<void> task) { co_await std::move(task); }

}  // namespace detail

/// Starts `task` here and now; it owns itself until it ends.
inline void spawn(Task<void> task) { detail::run_spawned(std::move(task)); }

}  // namespace bowline
