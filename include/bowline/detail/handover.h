#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace bowline::detail {

/// Where a thread waits for a value from another. It needs no memory; the waiting thread has it on its stack.
template <class T>
class Handover {
 public:
  /// The other thread's end, to be used once; dropping it ends the wait, too.
  class Giver {
   public:
    explicit Giver(Handover& to) : to_(&to) {}
    Giver(Giver&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
    Giver& operator=(Giver&&) = delete;
    ~Giver() {
      if (to_ != nullptr) to_->end(std::nullopt);
    }
    void give(T value) { std::exchange(to_, nullptr)->end(std::move(value)); }

   private:
    Handover* to_;
  };

  Handover() = default;
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  /// Nothing if the giver was dropped.
  [[nodiscard]] std::optional<T> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
    return std::move(value_);
  }

 private:
  void end(std::optional<T> value) {
    const std::scoped_lock lock(mutex_);
    if (value) value_.emplace(*std::move(value));
    ended_ = true;
    // Still locked: once it is not, the waiting thread may have gone on and taken this with it.
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
  bool ended_ = false;
};

}  // namespace bowline::detail
