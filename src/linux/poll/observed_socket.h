#pragma once

#include <sys/epoll.h>

#include <cstdint>

#include <bowline/result.h>

#include "linux/poll/epoll_poller.h"
#include "linux/system/descriptor.h"
#include "ports/stream_socket.h"

namespace bowline::linux_host {

/// What all sockets share: a descriptor in the poller, an observer, and the memory of what it was told.
///
/// The kernel reports everything that is possible at each edge; the observer hears only of what is new since
/// the last call that would have blocked.
class ObservedSocket {
 public:
  ObservedSocket(const ObservedSocket&) = delete;
  ObservedSocket& operator=(const ObservedSocket&) = delete;

  /// What epoll reports (EPOLLIN ...). May destroy this object and any other, and touches nothing of itself
  /// afterwards.
  void handle_events(std::uint32_t events);

 protected:
  ObservedSocket(EpollPoller& poller, Descriptor descriptor, ports::SocketObserver* observer)
      : poller_(poller), observer_(observer), descriptor_(std::move(descriptor)) {}
  ~ObservedSocket() { close(); }

  /// Starts the reports. Events that come before there is an observer wait for it.
  [[nodiscard]] Result<void> watch();
  /// The same without room to write, which a socket that nearly always has it is told of for nothing.
  [[nodiscard]] Result<void> watch_arrivals();
  /// Watches for nothing yet: a socket that is only written to would be told with each packet of what it does
  /// not want to know. await_arrivals and await_room start the reports.
  void enroll() { poller_.enroll(fd(), *this); }
  void set_observer(ports::SocketObserver& observer);
  void close() { Descriptor closing = release(); }
  /// Ends the reports and gives the descriptor away.
  [[nodiscard]] Descriptor release();

  void note_read_blocked() { told_readable_ = false; }
  void note_write_blocked() { told_writable_ = false; }
  /// There was nothing to read: arrivals are reported from now on. Gives an errno, or 0.
  [[nodiscard]] int await_arrivals();
  /// There was no room: that is reported, too, from now on. Gives an errno, or 0.
  [[nodiscard]] int await_room();
  /// Reports once more, for what we know and the kernel will not say again.
  void report_readable_later();
  void report_writable_later();

  /// The kernel has said that more than bytes waits: the end, a failure, or urgent data.
  [[nodiscard]] bool has_trouble() const { return trouble_; }
  void clear_trouble() { trouble_ = false; }

  [[nodiscard]] int fd() const { return descriptor_.number(); }
  [[nodiscard]] EpollPoller& poller() const { return poller_; }
  [[nodiscard]] const System& system() const { return poller_.system(); }

 private:
  EpollPoller& poller_;
  ports::SocketObserver* observer_;
  Descriptor descriptor_;
  bool told_readable_ : 1 = false;
  bool told_writable_ : 1 = false;
  bool watches_arrivals_ : 1 = false;
  bool watches_room_ : 1 = false;
  bool trouble_ : 1 = false;
  bool missed_readable_ : 1 = false;
  bool missed_writable_ : 1 = false;
};

}  // namespace bowline::linux_host
