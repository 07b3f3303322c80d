#include "drive/group/group_sends.h"

#include <utility>

#include "drive/group/group.h"

namespace bowline::drive {

GroupSendRequest::GroupSendRequest(detail::RequestQueue& loop, Group& group,
                                   std::span<const std::byte> message,
                                   std::optional<SocketAddress> to, std::uint32_t over,
                                   IpAddress from)
    : Request(loop), group_(&group), bytes_(message), to_(to), over_(over), from_(from) {}

GroupSendRequest::GroupSendRequest(detail::RequestQueue& loop, Group& group, Buffer message,
                                   std::optional<SocketAddress> to, std::uint32_t over,
                                   IpAddress from)
    : Request(loop),
      group_(&group),
      owner_(std::move(message)),
      bytes_(owner_.bytes()),
      to_(to),
      over_(over),
      from_(from) {}

void GroupSendRequest::begin() { group_->start_send(*this); }
void GroupSendRequest::withdraw() noexcept { group_->withdraw_send(*this); }

void GroupSends::push(const Packet& packet) {
  queue_.push_back(packet);
  ++packet.request->packets_left_;
}

void GroupSends::withdraw(const GroupSendRequest& request) noexcept {
  std::erase_if(queue_, [&](const Packet& packet) { return packet.request == &request; });
}

void GroupSends::fail_all(const Error& error) {
  while (!queue_.empty()) end(&error);
}

bool GroupSends::first(ports::DatagramRun& into) {
  looked_at_ = 0;
  return look(into);
}

bool GroupSends::next(ports::DatagramRun& into) {
  ++looked_at_;
  return look(into);
}

bool GroupSends::look(ports::DatagramRun& into) const {
  if (looked_at_ >= queue_.size()) return false;
  const Packet& packet = queue_[looked_at_];
  into = {};
  into.remote = packet.remote;
  into.local = packet.local;
  into.interface_index = packet.interface_index;
  into.bytes = packet.request->bytes();
  into.segment_bytes = into.bytes.size();
  return true;
}

void GroupSends::handle_sent(std::size_t count, const Error* failure) {
  for (std::size_t i = 0; i < count; ++i) end(nullptr);
  if (failure != nullptr && !queue_.empty()) end(failure);
}

/// The first one has gone, or cannot go.
void GroupSends::end(const Error* failure) {
  const Packet packet = queue_.front();
  queue_.pop_front();
  GroupSendRequest& request = *packet.request;
  if (failure != nullptr && !request.failure_)
    request.failure_ = failure->about(to_string(packet.remote));
  if (--request.packets_left_ > 0) return;
  if (request.failure_) {
    request.finish(*request.failure_);
  } else {
    request.finish({});
  }
}

}  // namespace bowline::drive
