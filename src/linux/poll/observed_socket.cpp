#include "linux/poll/observed_socket.h"

#include <utility>

namespace bowline::linux_host {

namespace {

constexpr std::uint32_t arrivals = EPOLLIN | EPOLLRDHUP | EPOLLPRI;
constexpr std::uint32_t everything = arrivals | EPOLLOUT;

Result<void> watched(int error) {
  if (error == 0) return {};
  return Error::from_errno(error, "watch descriptor");
}

}  // namespace

Result<void> ObservedSocket::watch() {
  enroll();
  return watched(await_room());
}

Result<void> ObservedSocket::watch_arrivals() {
  enroll();
  return watched(await_arrivals());
}

int ObservedSocket::await_arrivals() {
  note_read_blocked();
  if (watches_arrivals_) return 0;
  const int error = poller_.watch(fd(), arrivals);
  watches_arrivals_ = error == 0;
  return error;
}

int ObservedSocket::await_room() {
  note_write_blocked();
  if (watches_room_) return 0;
  const int error =
      watches_arrivals_ ? poller_.change(fd(), everything) : poller_.watch(fd(), everything);
  if (error == 0) watches_arrivals_ = watches_room_ = true;
  return error;
}

void ObservedSocket::handle_events(std::uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP | EPOLLPRI)) != 0) trouble_ = true;
  const bool readable = (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
  const bool writable = (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
  if (observer_ == nullptr) {
    missed_readable_ |= readable;
    missed_writable_ |= writable;
    return;
  }
  const bool broke = (events & EPOLLERR) != 0;
  const ports::Readiness news{readable && !told_readable_, writable && (broke || !told_writable_)};
  told_readable_ |= readable;
  told_writable_ |= writable;
  if (news.readable || news.writable) observer_->handle_readiness(news);
}

void ObservedSocket::set_observer(ports::SocketObserver& observer) {
  observer_ = &observer;
  if (missed_readable_) report_readable_later();
  if (missed_writable_) report_writable_later();
  missed_readable_ = missed_writable_ = false;
}

Descriptor ObservedSocket::release() {
  if (descriptor_.is_open()) poller_.remove(fd());
  return std::move(descriptor_);
}

void ObservedSocket::report_readable_later() {
  told_readable_ = false;
  poller_.report_later(fd(), EPOLLIN);
}

void ObservedSocket::report_writable_later() {
  told_writable_ = false;
  poller_.report_later(fd(), EPOLLOUT);
}

}  // namespace bowline::linux_host
