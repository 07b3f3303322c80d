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

InterruptWatch::InterruptWatch(Loop& loop, std::function<void()> interrupted) {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGUSR1);  // our own, to end the thread
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(signal)) sigaddset(&watched_, signal);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  thread_ = std::thread(
      [this, &loop, interrupted = std::move(interrupted)] { watch(loop, interrupted); });
}

InterruptWatch::~InterruptWatch() {
  ended_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void InterruptWatch::watch(Loop& loop, const std::function<void()>& interrupted) {
  int signal = 0;
  while (sigwait(&watched_, &signal) == 0 && !ended_)
    if (signal != SIGUSR1) loop.post([interrupted] { interrupted(); });
}

}  // namespace bowline::cli
