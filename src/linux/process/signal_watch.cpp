#include "linux/process/signal_watch.h"

#include <csignal>

#include <array>
#include <atomic>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>

namespace bowline::linux_host {

namespace {

constexpr int signals_end = 65;  // one behind SIGRTMAX

/// What the handler of one signal must know. The kernel calls handlers with a number and nothing
/// else, so this
/// belongs to the process as the handler does.
struct Taken {
  std::atomic<const SignalWatch*> owner = nullptr;
  std::atomic<int> wake = -1;  // the owner's eventfd
  std::atomic<bool> arrived = false;
  pid_t process = 0;
  struct sigaction before{};
};

std::array<Taken, signals_end> taken;
std::atomic<int> handlers_running = 0;

/// Faults of the program itself would happen again as soon as the handler returns; the kernel
/// refuses the rest.
bool can_be_awaited(int signal);
void handle(int signal);
Error refused(int signal, const char* why);

}  // namespace

Result<std::unique_ptr<SignalWatch>> SignalWatch::open(EpollPoller& poller,
                                                       ports::SignalObserver& observer) {
  Descriptor wake(poller.system().eventfd());
  if (!wake.is_open()) return Error::from_errno(errno, "open eventfd");
  std::unique_ptr<SignalWatch> watch(new SignalWatch(poller, std::move(wake), observer));
  BOWLINE_TRY_VOID(watch->watch_arrivals());
  return watch;
}

SignalWatch::~SignalWatch() { give_up_from(0); }

Result<void> SignalWatch::add(std::span<const int> signals) {
  const std::size_t had = signals_.size();
  for (const int signal : signals) {
    if (can_be_awaited(signal) && taken[static_cast<std::size_t>(signal)].owner == this) continue;
    auto claimed = claim(signal);
    if (claimed.has_value()) continue;
    give_up_from(had);
    return claimed;
  }
  return {};
}

Result<void> SignalWatch::claim(int signal) {
  if (!can_be_awaited(signal)) return refused(signal, "this signal cannot be waited for");
  signals_.reserve(signals_.size() + 1);
  Taken& entry = taken[static_cast<std::size_t>(signal)];
  const SignalWatch* nobody = nullptr;
  if (!entry.owner.compare_exchange_strong(nobody, this))
    return Error(ErrorKind::unsupported, "signal",
                 "another loop of this process waits for this signal")
        .about(std::to_string(signal));
  entry.arrived = false;
  entry.process = ::getpid();
  entry.wake = fd();
  struct sigaction action{};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (::sigaction(signal, &action, &entry.before) < 0) {
    entry.wake = -1;
    entry.owner = nullptr;
    return refused(signal, "the system lets nobody wait for this signal");
  }
  signals_.push_back(signal);
  return {};
}

void SignalWatch::give_up(int signal) {
  Taken& entry = taken[static_cast<std::size_t>(signal)];
  struct sigaction now{};
  if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == handle)
    ::sigaction(signal, &entry.before, nullptr);
  entry.wake = -1;
  // A handler on another thread may be about to write to our eventfd, whose number is soon free for others.
  while (handlers_running > 0) std::this_thread::yield();
  entry.owner = nullptr;
}

void SignalWatch::give_up_from(std::size_t first) {
  while (signals_.size() > first) {
    give_up(signals_.back());
    signals_.pop_back();
  }
}

void SignalWatch::handle_readiness(ports::Readiness /*readiness*/) {
  // The count of the eventfd is never read: every write to it is an edge.
  note_read_blocked();
  for (const int signal : signals_)
    if (taken[static_cast<std::size_t>(signal)].arrived.exchange(false))
      told_.handle_signal(signal);
}

namespace {

bool can_be_awaited(int signal) {
  if (signal < 1 || signal >= signals_end) return false;
  for (const int fault : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP})
    if (signal == fault) return false;
  return true;
}

/// Runs on any thread and inside of any call: only atomics and system calls.
void handle(int signal) {
  const int code = errno;
  Taken& entry = taken[static_cast<std::size_t>(signal)];
  if (::getpid() != entry.process) {
    // A forked child that runs no loop: there the signal does what it does by default.
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    errno = code;
    return;
  }
  ++handlers_running;
  entry.arrived = true;
  const std::uint64_t one = 1;
  // Cannot fail: the count would overflow only after 2^64 signals.
  if (const int wake = entry.wake; wake >= 0) [[maybe_unused]]
    const auto written = ::write(wake, &one, sizeof one);
  --handlers_running;
  errno = code;
}

Error refused(int signal, const char* why) {
  return Error(ErrorKind::invalid_argument, "signal", why).about(std::to_string(signal));
}

}  // namespace

}  // namespace bowline::linux_host
