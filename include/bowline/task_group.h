#pragma once

#include <bowline/async.h>
#include <bowline/loop.h>

#include <concepts>
#include <cstddef>
#include <exception>
#include <expected>
#include <utility>

namespace bowline {

namespace detail {

class GroupState;

/// Waits until all tasks of a group have ended.
class JoinRequest final : public Request<void> {
 public:
  JoinRequest(RequestQueue& loop, GroupState& group) : Request(loop), group_(&group) {}

 private:
  inline void begin() override;
  inline void withdraw() noexcept override;
  Ref<GroupState> group_;
};

/// What a group's handle, tasks and joins share.
class GroupState final : public RefCounted<GroupState>, public SpawnedOwner {
 public:
  void start(Spawned task) {
    add_ref();  // the frame's
    ++count_;
    task.promise().link(*this, tasks_);
    task.start();
  }
  void cancel() noexcept {
    while (tasks_ != nullptr) {
      Spawned::promise_type& task = *tasks_;
      task.unlink();
      task.end();
    }
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] RequestList<JoinRequest>& joins() { return joins_; }

 private:
  friend RefCounted;
  ~GroupState() = default;
  void handle_frame_gone() noexcept override {
    if (--count_ == 0)
      while (!joins_.empty()) joins_.pop().finish({});
    drop_ref();
  }

  Spawned::promise_type* tasks_ = nullptr;
  std::size_t count_ = 0;
  RequestList<JoinRequest> joins_;
};

inline void JoinRequest::begin() {
  if (group_->count() == 0) return finish({});
  group_->joins().push(*this);
}
inline void JoinRequest::withdraw() noexcept { group_->joins().remove(*this); }

}  // namespace detail

/// Tasks that belong together: `group.spawn(serve(connection))` for each, and then `co_await group.join()`.
///
/// thread    its loop's
/// lifetime  owns its tasks: destroying the group cancels them
class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : loop_(&loop.core_queue()), state_(new detail::GroupState) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { cancel(); }

  /// As bowline::spawn, exceptions included.
  void spawn(Task<void> task) { state_->start(detail::run_spawned(std::move(task))); }
  template <class T, class OnEnd>
    requires std::invocable<OnEnd, std::expected<T, std::exception_ptr>>
  void spawn(Task<T> task, OnEnd on_end) {
    state_->start(detail::run_spawned(std::move(task), std::move(on_end)));
  }

  /// Completes when no task is left; at once, in the next turn, if there is none.
  [[nodiscard]] Operation<void> join() {
    return Operation<void>(detail::RequestBase::make<detail::JoinRequest>(*loop_, *state_));
  }
  /// Destroys the frames of all tasks, whose operations are cancelled and lose nothing. A task that calls
  /// this itself runs on until it waits the next time.
  void cancel() noexcept { state_->cancel(); }
  /// How many tasks have not ended.
  [[nodiscard]] std::size_t size() const { return state_->count(); }

 private:
  detail::Ref<detail::RequestQueue> loop_;
  detail::Ref<detail::GroupState> state_;
};

}  // namespace bowline
