#include "linux/udp/udp_message.h"

#include <linux/errqueue.h>

#include <cstring>

namespace bowline::linux_host {

namespace {

/// Appends one control message to a header whose control buffer is long enough.
template <class Value>
void append(msghdr& header, std::span<std::byte> control, int level, int type, const Value& value) {
  auto* message = new (control.data() + header.msg_controllen) cmsghdr;
  message->cmsg_level = level;
  message->cmsg_type = type;
  message->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(message), &value, sizeof value);
  header.msg_control = control.data();
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

template <class Value>
Value value_of(const cmsghdr& message) {
  Value value;
  std::memcpy(&value, CMSG_DATA(&message), sizeof value);
  return value;
}

bool is(const cmsghdr& message, int level, int type) {
  return message.cmsg_level == level && message.cmsg_type == type;
}

template <class Visit>
void for_each_control(msghdr& header, Visit visit) {
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
       message = CMSG_NXTHDR(&header, message))
    visit(*message);
}

}  // namespace

void OutgoingMessage::describe(const ports::DatagramRun& run, std::span<const std::byte> bytes,
                               Family socket_family, bool connected, msghdr& into) {
  into = {};
  if (!connected) {
    into.msg_namelen = to_raw(run.remote, socket_family, remote_);
    into.msg_name = &remote_;
  }
  bytes_ = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  into.msg_iov = &bytes_;
  into.msg_iovlen = 1;
  if (!connected && !run.local.is_unspecified()) add_source(run.local, socket_family, into);
  if (bytes.size() > run.segment_bytes)
    append(into, control_, IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(run.segment_bytes));
}

void OutgoingMessage::add_source(const IpAddress& source, Family socket_family, msghdr& into) {
  if (socket_family == Family::ipv4) {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(source);
    append(into, control_, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(source);
    info.ipi6_ifindex = source.scope_id();
    append(into, control_, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

IncomingMessage::IncomingMessage(std::span<std::byte> room) : bytes_{room.data(), room.size()} {
  header_.msg_name = &remote_;
  header_.msg_namelen = sizeof remote_;
  header_.msg_iov = &bytes_;
  header_.msg_iovlen = 1;
  header_.msg_control = control_.data();
  header_.msg_controllen = control_.size();
}

void IncomingMessage::describe(std::size_t bytes, ports::ReceivedRun& into) {
  into.remote = from_raw(remote_);
  into.segment_bytes = bytes;
  for_each_control(header_, [&](const cmsghdr& message) {
    if (is(message, IPPROTO_UDP, UDP_GRO)) {
      into.segment_bytes = static_cast<std::size_t>(value_of<int>(message));
    } else if (is(message, IPPROTO_IP, IP_PKTINFO)) {
      // The address to answer from; the other one in there may be a broadcast's.
      into.local = from_raw(value_of<in_pktinfo>(message).ipi_spec_dst);
    } else if (is(message, IPPROTO_IPV6, IPV6_PKTINFO)) {
      const auto info = value_of<in6_pktinfo>(message);
      const IpAddress reached = from_raw(info.ipi6_addr, info.ipi6_ifindex);
      into.local = reached.is_multicast() ? IpAddress::any(Family::ipv6) : reached;
    }
  });
}

int IncomingMessage::network_error() {
  int error = 0;
  for_each_control(header_, [&](const cmsghdr& message) {
    if (!is(message, IPPROTO_IP, IP_RECVERR) && !is(message, IPPROTO_IPV6, IPV6_RECVERR)) return;
    const auto report = value_of<sock_extended_err>(message);
    // Local ones were the answer to the call that caused them.
    if (report.ee_origin == SO_EE_ORIGIN_ICMP || report.ee_origin == SO_EE_ORIGIN_ICMP6)
      error = static_cast<int>(report.ee_errno);
  });
  return error;
}

}  // namespace bowline::linux_host
