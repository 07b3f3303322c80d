#pragma once

#include <string>

#include <bowline/error.h>
#include <bowline/loop.h>
#include <bowline/operation.h>

namespace bowline::cli {

/// One live line on standard error, if that is a terminal: what is waited for, and for how long by now. It is
/// drawn again each second, and gone once the waiting is over.
class WaitLine {
 public:
  explicit WaitLine(Loop& loop);
  WaitLine(const WaitLine&) = delete;
  WaitLine& operator=(const WaitLine&) = delete;
  ~WaitLine() { clear(); }

  /// The connection waits: this is what its last try met.
  void show(const Error& met);
  /// It tries once more; the line stays until show() or clear().
  void show_retry();
  void clear();

 private:
  void draw();
  void draw_again_later();

  Loop& loop_;
  bool is_terminal_;
  bool is_drawn_ = false;
  bool is_retrying_ = false;
  std::string met_;
  unsigned tries_ = 0;
  Instant since_{};
  Operation<void> tick_;
};

}  // namespace bowline::cli
