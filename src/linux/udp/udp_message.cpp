#include "linux/udp/udp_message.h"

#include <linux/errqueue.h>

#include <algorithm>
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

/// The low two bits of what was the type of service.
Ecn ecn_of(int traffic_class) { return static_cast<Ecn>(traffic_class & 3); }

template <class Visit>
void for_each_control(msghdr& header, Visit visit) {
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
       message = CMSG_NXTHDR(&header, message))
    visit(*message);
}

}  // namespace

void OutgoingMessage::describe(const ports::DatagramRun& run, std::span<const std::byte> bytes,
                               Family socket_family, bool connected, std::uint8_t dscp,
                               msghdr& into) {
  into = {};
  if (!connected) {
    into.msg_namelen = to_raw(run.remote, socket_family, remote_);
    into.msg_name = &remote_;
  }
  bytes_ = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  into.msg_iov = &bytes_;
  into.msg_iovlen = 1;
  // A connected socket speaks one family only, its own.
  const Family family = connected ? socket_family : run.remote.ip.unmapped().family();
  const bool has_source = !connected && !run.local.is_unspecified();
  if (has_source || run.interface_index != 0) add_way(run, socket_family, family, into);
  const bool v4 = family == Family::ipv4;
  if (run.hop_limit.has_value())
    append(into, control_, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_HOPLIMIT,
           static_cast<int>(*run.hop_limit));
  if (run.ecn.has_value())
    append(into, control_, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS,
           dscp << 2 | static_cast<int>(*run.ecn));
  if (bytes.size() > run.segment_bytes)
    append(into, control_, IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(run.segment_bytes));
}

void OutgoingMessage::add_way(const ports::DatagramRun& run, Family socket_family, Family family,
                              msghdr& into) {
  const IpAddress source = run.local.is_unspecified() ? IpAddress::any(family) : run.local;
  if (socket_family == Family::ipv4) {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(source);
    info.ipi_ifindex = static_cast<int>(run.interface_index);
    append(into, control_, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(source);
    info.ipi6_ifindex = run.interface_index != 0 ? run.interface_index : source.scope_id();
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
  into.truncated = (header_.msg_flags & MSG_TRUNC) != 0;
  into.facts = {};
  for_each_control(header_, [&](const cmsghdr& message) {
    if (is(message, IPPROTO_UDP, UDP_GRO)) {
      into.segment_bytes = static_cast<std::size_t>(value_of<int>(message));
    } else if (is(message, IPPROTO_IP, IP_PKTINFO)) {
      const auto info = value_of<in_pktinfo>(message);
      // The address to answer from; the other one in there may be a broadcast's or a group's.
      into.local = from_raw(info.ipi_spec_dst);
      into.destination = from_raw(info.ipi_addr);
      into.facts.interface_index = static_cast<std::uint32_t>(info.ipi_ifindex);
    } else if (is(message, IPPROTO_IPV6, IPV6_PKTINFO)) {
      const auto info = value_of<in6_pktinfo>(message);
      into.destination = from_raw(info.ipi6_addr, info.ipi6_ifindex);
      into.local =
          into.destination.is_multicast() ? IpAddress::any(Family::ipv6) : into.destination;
      into.facts.interface_index = info.ipi6_ifindex;
    } else if (is(message, IPPROTO_IP, IP_TOS)) {
      into.facts.ecn = ecn_of(value_of<std::uint8_t>(message));
    } else if (is(message, IPPROTO_IPV6, IPV6_TCLASS)) {
      into.facts.ecn = ecn_of(value_of<int>(message));
    } else if (is(message, IPPROTO_IP, IP_TTL) || is(message, IPPROTO_IPV6, IPV6_HOPLIMIT)) {
      into.facts.hop_limit = static_cast<std::uint8_t>(value_of<int>(message));
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

/// The kernel puts the reporter's address behind its report.
IncomingMessage::Reporter IncomingMessage::reporter() {
  constexpr std::uint8_t time_exceeded_v4 = 11;
  constexpr std::uint8_t time_exceeded_v6 = 3;
  Reporter found;
  for_each_control(header_, [&](const cmsghdr& message) {
    const bool v4 = is(message, IPPROTO_IP, IP_RECVERR);
    if (!v4 && !is(message, IPPROTO_IPV6, IPV6_RECVERR)) return;
    const auto report = value_of<sock_extended_err>(message);
    found.hop_exceeded =
        (report.ee_origin == SO_EE_ORIGIN_ICMP && report.ee_type == time_exceeded_v4) ||
        (report.ee_origin == SO_EE_ORIGIN_ICMP6 && report.ee_type == time_exceeded_v6);
    RawAddress raw{};
    const std::size_t behind = sizeof report;
    const std::size_t size = message.cmsg_len - CMSG_LEN(0);
    if (size <= behind) return;
    std::memcpy(&raw, CMSG_DATA(&message) + behind, std::min(size - behind, sizeof raw));
    if (raw.any.sa_family == AF_INET || raw.any.sa_family == AF_INET6)
      found.address = from_raw(raw).ip;
  });
  return found;
}

}  // namespace bowline::linux_host
