#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include <bowline/detail/handover.h>

#include "ports/poller.h"

namespace bowline::drive {

/// The one thing of a loop that other threads may touch. It outlives the loop for those who still hold it;
/// what is posted then is dropped.
class Mailbox {
 public:
  using Letter = std::move_only_function<void()>;

  explicit Mailbox(ports::Poller& poller) : poller_(&poller) {}

  /// False if the loop is gone: the letter was destroyed unread, on this thread.
  bool post(Letter letter);
  /// Lets the loop look around, without a letter.
  void wake() noexcept;
  /// For those who have no memory for a letter: the loop shall look for itself who wants to be stopped.
  void ask_for_stops() noexcept;
  /// Lets Loop::run() return.
  void ask_to_stop() noexcept;
  /// The thread waits for something that the loop is to do. False if the loop is gone, or has ended its
  /// calls.
  [[nodiscard]] bool begin_call(detail::Caller& caller);
  void end_call(detail::Caller& caller) noexcept;

  // For the loop, on its thread.
  [[nodiscard]] std::vector<Letter> take_all();
  /// Asked in every turn, and so without a locked instruction.
  [[nodiscard]] bool take_stop() noexcept { return stop_ && stop_.exchange(false); }
  /// The loop does not run any more: all who wait are told, and who comes is not let in.
  void end_calls() noexcept;
  void allow_calls() noexcept;
  [[nodiscard]] bool take_question() noexcept { return question_.exchange(false); }
  /// Something came since take_all() was last called; asked in every turn, and so without the lock.
  [[nodiscard]] bool has_news() const noexcept { return news_; }
  void close();

 private:
  std::atomic<bool> news_ = false;
  std::atomic<bool> question_ = false;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  ports::Poller* poller_;
  std::vector<Letter> letters_;
  detail::Caller* callers_ = nullptr;  // the last one that came
  bool lets_callers_in_ = true;
};

}  // namespace bowline::drive
