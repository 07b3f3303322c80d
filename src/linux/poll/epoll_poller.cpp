#include "linux/poll/epoll_poller.h"

#include <algorithm>
#include <utility>

#include "linux/poll/observed_socket.h"

namespace bowline::linux_host {

namespace {

timespec to_timespec(Duration duration);

}  // namespace

Result<std::unique_ptr<EpollPoller>> EpollPoller::make(const System& system) {
  Descriptor epoll(system.epoll_create());
  if (!epoll.is_open()) return Error::from_errno(errno, "open epoll");
  Descriptor wake(system.eventfd());
  if (!wake.is_open()) return Error::from_errno(errno, "open eventfd");
  Descriptor timer(system.timerfd_create());
  if (!timer.is_open()) return Error::from_errno(errno, "open timerfd");

  std::unique_ptr<EpollPoller> poller(
      new EpollPoller(system, std::move(epoll), std::move(wake), std::move(timer)));
  BOWLINE_TRY_VOID(poller->watch_own_descriptors());
  return poller;
}

EpollPoller::EpollPoller(const System& system, Descriptor epoll, Descriptor wake, Descriptor timer)
    : system_(system), epoll_(std::move(epoll)), wake_(std::move(wake)), timer_(std::move(timer)) {}

Result<void> EpollPoller::watch_own_descriptors() {
  for (const int fd : {wake_.number(), timer_.number()}) {
    epoll_event event{EPOLLIN | EPOLLET, {}};
    event.data.u64 = static_cast<std::uint64_t>(fd);
    if (system_.epoll_add(epoll_.number(), fd, event) < 0)
      return Error::from_errno(errno, "watch descriptor");
  }
  return {};
}

void EpollPoller::wait(std::optional<Instant> until) {
  // What an exception cut short goes on first: edges are reported once.
  if (next_event_ == event_count_ && next_report_ == 0) collect(until);
  while (next_event_ < event_count_) dispatch(batch_[next_event_++]);
  if (!reports_.empty()) dispatch_reports();
}

void EpollPoller::collect(std::optional<Instant> until) {
  int count = 0;
  if (busy_poll_.is_on() && (!until.has_value() || *until > monotonic_now()) && busy_poll_.is_due())
    count = look_busily(until);
  if (count == 0) count = look(until);
  next_event_ = 0;
  // Fails only when a signal came: then nothing is ready, and returning early is allowed.
  event_count_ = static_cast<std::size_t>(std::max(count, 0));
}

/// How many events there are; negative if a signal came first.
int EpollPoller::look(std::optional<Instant> until) {
  timespec timeout{};
  if (until.has_value())
    timeout = to_timespec(std::max(*until - monotonic_now(), Duration::zero()));
  return system_.epoll_wait(epoll_.number(), batch_, until.has_value() ? &timeout : nullptr);
}

int EpollPoller::look_busily(std::optional<Instant> until) {
  Instant end = monotonic_now() + busy_poll_.longest();
  if (until.has_value()) end = std::min(end, *until);
  int count = 0;
  do {
    count = look(Instant());
  } while (count == 0 && monotonic_now() < end);
  busy_poll_.note(count != 0);
  return count;
}

void EpollPoller::dispatch(const epoll_event& event) {
  const int fd = static_cast<int>(event.data.u64 & 0xffff'ffff);
  // Whoever woke us before this exchange published its work first; whoever wakes us after it writes again.
  if (fd == wake_.number()) {
    woken_.exchange(false);
  } else if (fd == timer_.number()) {
    armed_.reset();
  } else if (const Slot& slot = slots_[static_cast<std::size_t>(fd)];
             slot.socket != nullptr && slot.generation == event.data.u64 >> 32) {
    slot.socket->handle_events(event.events);
  }
}

void EpollPoller::dispatch_reports() {
  // Those that come meanwhile are for the next wait.
  const std::size_t count = reports_.size();
  while (next_report_ < count) {
    const epoll_event report = reports_[next_report_++];
    dispatch(report);
  }
  reports_.erase(reports_.begin(), reports_.begin() + static_cast<std::ptrdiff_t>(count));
  next_report_ = 0;
}

void EpollPoller::wake() noexcept {
  if (woken_.exchange(true)) return;
  const std::uint64_t one = 1;
  // Cannot fail: the count would overflow only after 2^64 wakes.
  static_cast<void>(system_.write(wake_.number(), std::as_bytes(std::span(&one, 1))));
}

void EpollPoller::arm(std::optional<Instant> at) {
  if (at == armed_) return;
  armed_ = at;
  itimerspec timer{};
  // Zero would disarm the timer; an instant that has passed lets it expire at once.
  if (at.has_value()) timer.it_value = to_timespec(std::max(at->time_since_epoch(), Duration(1)));
  ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &timer, nullptr);
}

void EpollPoller::enroll(int fd, ObservedSocket& socket) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 1);
  slots_[index].socket = &socket;
}

int EpollPoller::watch(int fd, std::uint32_t events) {
  const epoll_event event = event_for(fd, events | EPOLLET);
  return system_.epoll_add(epoll_.number(), fd, event) < 0 ? errno : 0;
}

int EpollPoller::change(int fd, std::uint32_t events) {
  const epoll_event event = event_for(fd, events | EPOLLET);
  return system_.epoll_change(epoll_.number(), fd, event) < 0 ? errno : 0;
}

void EpollPoller::remove(int fd) {
  if (static_cast<std::size_t>(fd) >= slots_.size()) return;  // it was never enrolled
  Slot& slot = slots_[static_cast<std::size_t>(fd)];
  slot.socket = nullptr;
  ++slot.generation;
}

void EpollPoller::report_later(int fd, std::uint32_t events) {
  reports_.push_back(event_for(fd, events));
  wake();
}

epoll_event EpollPoller::event_for(int fd, std::uint32_t events) const {
  epoll_event event{events, {}};
  event.data.u64 = std::uint64_t{slots_[static_cast<std::size_t>(fd)].generation} << 32 |
                   static_cast<std::uint32_t>(fd);
  return event;
}

Instant monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec));
}

namespace {

timespec to_timespec(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {seconds.count(), static_cast<long>((duration - seconds).count())};
}

}  // namespace

}  // namespace bowline::linux_host
