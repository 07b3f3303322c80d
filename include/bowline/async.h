#pragma once

#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>

#include <concepts>
#include <coroutine>
#include <exception>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

// Operations in coroutines. GCC 12 miscompiles two coroutine shapes without a warning: an `if` or `switch`
// directly on a `co_await`, and a braced temporary in an expression that awaits. Name the awaited result,
// and name the options.
//
// When a loop goes away, a coroutine that waits for one of its operations is not resumed. If it was spawned,
// its frame is destroyed, and with it the frames of those that await it: of their code, only destructors
// run. The frame of a coroutine of another type stays as it is, for its owner to destroy.

namespace bowline {

namespace detail {

/// The outermost frame of tasks that await each other, which nobody else owns.
class RootFrame {
 public:
  RootFrame() = default;
  RootFrame(const RootFrame&) = delete;
  RootFrame& operator=(const RootFrame&) = delete;

  /// Destroys the frame: now, or if it runs at the moment, when it waits again.
  void end() noexcept {
    if (run_ == nullptr) return destroy_frame();
    run_->end_wanted_ = true;
  }

  /// It runs while one of these lives.
  class Run {
   public:
    explicit Run(RootFrame* root) : root_(root) {
      if (root_ != nullptr) root_->run_ = this;
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
      if (root_ == nullptr) return;
      root_->run_ = nullptr;
      if (end_wanted_) root_->destroy_frame();
    }

   private:
    friend class RootFrame;
    RootFrame* root_;  // null once the frame is gone
    bool end_wanted_ = false;
  };

 protected:
  ~RootFrame() {
    if (run_ != nullptr) run_->root_ = nullptr;
  }
  virtual void destroy_frame() noexcept = 0;

 private:
  Run* run_ = nullptr;
};

/// Null if the frame belongs to somebody else.
template <class Promise>
[[nodiscard]] RootFrame* root_of(std::coroutine_handle<Promise> frame) noexcept {
  if constexpr (requires { frame.promise().root_frame(); }) return frame.promise().root_frame();
  return nullptr;
}

/// Destroys the frame that an exception of its own has left, if there is one on this thread.
BOWLINE_API void destroy_thrown_frame() noexcept;
/// It will be destroyed by that, or at the latest with the thread.
BOWLINE_API void keep_thrown_frame(std::coroutine_handle<> frame) noexcept;

/// If an exception leaves the coroutine, its frame goes, too.
inline void resume(std::coroutine_handle<> frame, RootFrame* root) {
  const RootFrame::Run run(root);
  try {
    frame.resume();
  } catch (...) {
    destroy_thrown_frame();
    throw;
  }
}

/// Starts an operation and resumes the coroutine with its result.
template <class T>
class OperationAwaiter {
 public:
  explicit OperationAwaiter(Operation<T> operation) : operation_(std::move(operation)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> waiting) {
    operation_.start(Resumption{this, waiting, root_of(waiting)});
  }
  Result<T> await_resume() { return std::move(*result_); }

 private:
  struct Resumption {
    OperationAwaiter* awaiter;
    std::coroutine_handle<> waiting;
    RootFrame* root;
    void operator()(Result<T>&& result) const {
      awaiter->result_.emplace(std::move(result));
      resume(waiting, root);
    }
    void dropped() const noexcept {
      if (root != nullptr) root->end();
    }
  };

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

/// A coroutine that starts when it is awaited, or spawned; and ends its awaiter's wait. An exception that
/// leaves it goes on in its awaiter.
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
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  void continue_with(std::coroutine_handle<> after, RootFrame* root) {
    after_ = after;
    root_ = root;
  }
  [[nodiscard]] RootFrame* root_frame() const { return root_; }

 protected:
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::coroutine_handle<> after_;
  RootFrame* root_ = nullptr;
  std::exception_ptr thrown_;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  template <class Value>
  void return_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
  }
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() { rethrow(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using value_type = T;
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
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiting) {
    frame_.promise().continue_with(waiting, detail::root_of(waiting));
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

/// Who wants to know when a spawned task's frame is gone.
class SpawnedOwner {
 public:
  virtual void handle_frame_gone() noexcept = 0;

 protected:
  ~SpawnedOwner() = default;
};

/// The frame of a spawned task: owns itself.
class Spawned {
 public:
  class promise_type final : public RootFrame {
   public:
    promise_type() = default;
    promise_type(const promise_type&) = delete;
    promise_type& operator=(const promise_type&) = delete;
    ~promise_type() {
      unlink();
      if (owner_ != nullptr) owner_->handle_frame_gone();
    }
    Spawned get_return_object() { return Spawned(*this); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {
      keep_thrown_frame(frame());
      throw;
    }
    [[nodiscard]] RootFrame* root_frame() { return this; }

    /// Into a list of its owner's.
    void link(SpawnedOwner& owner, promise_type*& list) {
      owner_ = &owner;
      next_ = list;
      if (next_ != nullptr) next_->link_ = &next_;
      link_ = &list;
      list = this;
    }
    void unlink() noexcept {
      if (link_ == nullptr) return;
      *link_ = next_;
      if (next_ != nullptr) next_->link_ = link_;
      link_ = nullptr;
    }

   private:
    friend class Spawned;
    void destroy_frame() noexcept override { frame().destroy(); }
    std::coroutine_handle<promise_type> frame() {
      return std::coroutine_handle<promise_type>::from_promise(*this);
    }
    SpawnedOwner* owner_ = nullptr;
    promise_type* next_ = nullptr;
    promise_type** link_ = nullptr;  // what points to this
  };

  void start() { resume(promise_->frame(), promise_); }
  [[nodiscard]] promise_type& promise() const { return *promise_; }

 private:
  explicit Spawned(promise_type& promise) : promise_(&promise) {}
  promise_type* promise_;
};

inline Spawned run_spawned(Task<void> task) { co_await std::move(task); }

template <class T, class OnEnd>
Spawned run_spawned(Task<T> task, OnEnd on_end) {
  std::expected<T, std::exception_ptr> end = std::unexpected(std::exception_ptr());
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      end.emplace();
    } else {
      T value = co_await std::move(task);
      end.emplace(std::move(value));
    }
  } catch (...) {
    end = std::unexpected(std::current_exception());
  }
  std::move(on_end)(std::move(end));
}

}  // namespace detail

/// Starts `task` here and now; it owns itself until it ends.
///
/// An exception that leaves the task leaves whoever resumed it, like one that leaves a callback: spawn()
/// itself if the task has not waited yet, and later run(), run_ready() or wait().
inline void spawn(Task<void> task) { detail::run_spawned(std::move(task)).start(); }

/// The same, and calls `on_end(std::expected<T, std::exception_ptr>)` with what the task returned, or with
/// the exception that left it. It is not called if the loop goes away first.
template <class T, class OnEnd>
  requires std::invocable<OnEnd, std::expected<T, std::exception_ptr>>
void spawn(Task<T> task, OnEnd on_end) {
  detail::run_spawned(std::move(task), std::move(on_end)).start();
}

}  // namespace bowline
