#pragma once

#include <bowline/export.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

/// A thread that waits for a loop to do something. The loop's mailbox knows it, and tells it when nothing
/// will come.
class Caller {
 public:
  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// Ends the wait without a value, unless there is one.
  ///
  /// thread    any
  void end() noexcept {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  }

  // For the mailbox alone.
  Caller* next = nullptr;
  Caller* previous = nullptr;

 protected:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

/// Where a thread waits for a value from another. Both hold it, as either may have done with it first.
template <class T>
class Handover final : public Caller {
 public:
  /// The other thread's end, to be used once; dropping it ends the wait, too.
  class Giver {
   public:
    explicit Giver(std::shared_ptr<Handover> to) : to_(std::move(to)) {}
    Giver(Giver&& other) noexcept = default;
    Giver& operator=(Giver&&) = delete;
    ~Giver() {
      if (to_) to_->end();
    }
    void give(T value) { std::exchange(to_, nullptr)->take(std::move(value)); }

   private:
    std::shared_ptr<Handover> to_;
  };

  /// Nothing if the wait was ended without a value; then it also stops what was to give one.
  [[nodiscard]] std::optional<T> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
    lock.unlock();
    if (!value_) stop_.request_stop();
    return std::move(value_);
  }
  [[nodiscard]] std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  void take(T&& value) {
    const std::scoped_lock lock(mutex_);
    if (ended_) return;
    value_.emplace(std::move(value));
    ended_ = true;
    changed_.notify_one();
  }

  std::optional<T> value_;
  std::stop_source stop_;
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
