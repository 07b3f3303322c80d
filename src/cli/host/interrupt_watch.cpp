#include "cli/host/interrupt_watch.h"

#include <signal.h>

#include <utility>

namespace bowline::cli {

namespace {

bool is_ignored(int signal) {
  struct sigaction action{};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

InterruptWatch::InterruptWatch(Loop& loop, std::function<void()> interrupted)
    : loop_(loop), interrupted_(std::move(interrupted)) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(signal)) watched_.add(signal);
  if (!watched_.empty()) wait();
}

void InterruptWatch::wait() {
  next_ = loop_.signal(watched_);
  next_.start([this](const Result<int>& signal) {
    // Where the system refuses the wait, signals end the program as ever.
    if (!signal.has_value()) return;
    wait();
    interrupted_();
  });
}

}  // namespace bowline::cli
