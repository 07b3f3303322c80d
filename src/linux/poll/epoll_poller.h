#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <bowline/result.h>

#include "linux/poll/busy_poll.h"
#include "linux/system/descriptor.h"
#include "linux/system/system.h"
#include "ports/poller.h"

namespace bowline::linux_host {

class ObservedSocket;

/// One epoll descriptor. Everything is registered once, edge-triggered and for good.
///
/// An event carries its descriptor and the generation of that descriptor's slot, never a pointer: so an event
/// of a socket that was destroyed earlier in the same batch, or whose descriptor lives on in a forked child,
/// finds an empty or newer slot and is dropped.
class EpollPoller final : public ports::Poller {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EpollPoller>> make(const System& system);

  void wait(std::optional<Instant> until) override;
  void set_busy_poll(Duration longest) override { busy_poll_.set_longest(longest); }
  void wake() noexcept override;
  [[nodiscard]] int descriptor() const override { return epoll_.number(); }
  void arm(std::optional<Instant> at) override;

  /// Says whose the descriptor is, and no more.
  void enroll(int fd, ObservedSocket& socket);
  /// Reports `events` and always errors and hang-ups, and at once what is there already, until `remove`.
  /// Gives an errno, or 0.
  [[nodiscard]] int watch(int fd, std::uint32_t events);
  /// The same for a descriptor that is watched already.
  [[nodiscard]] int change(int fd, std::uint32_t events);
  /// Before the descriptor is closed, which is what takes it out of the kernel's set.
  void remove(int fd);
  /// Makes the next `wait` report `events` for a descriptor as if they came from the kernel.
  void report_later(int fd, std::uint32_t events);

  [[nodiscard]] const System& system() const { return system_; }

 private:
  // What so many sockets touch, here and in the kernel, is still near when their results are delivered; with
  // more, each is fetched from afar a second time.
  static constexpr std::size_t batch_max = 20;
  struct Slot {
    ObservedSocket* socket = nullptr;
    std::uint32_t generation = 0;
  };

  EpollPoller(const System& system, Descriptor epoll, Descriptor wake, Descriptor timer);
  [[nodiscard]] Result<void> watch_own_descriptors();
  void collect(std::optional<Instant> until);
  [[nodiscard]] int look(std::optional<Instant> until);
  [[nodiscard]] int look_busily(std::optional<Instant> until);
  void dispatch(const epoll_event& event);
  void dispatch_reports();
  [[nodiscard]] epoll_event event_for(int fd, std::uint32_t events) const;

  const System& system_;
  Descriptor epoll_;
  Descriptor wake_;   // an eventfd; its count is never read, as every write is an edge
  Descriptor timer_;  // a timerfd; likewise
  std::atomic<bool> woken_ = false;
  std::optional<Instant> armed_;
  BusyPoll busy_poll_;
  std::vector<Slot> slots_;  // by descriptor
  std::vector<epoll_event> reports_;
  std::size_t next_report_ = 0;
  std::array<epoll_event, batch_max> batch_{};
  std::size_t next_event_ = 0;
  std::size_t event_count_ = 0;
};

/// The time that the kernel's timers and ours count in.
[[nodiscard]] Instant monotonic_now();

}  // namespace bowline::linux_host
