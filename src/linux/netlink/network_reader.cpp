#include "linux/netlink/network_reader.h"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <string>

#include "linux/netlink/network_messages.h"

namespace bowline::linux_host {

using ports::Interface;
using ports::InterfaceType;
using ports::NetworkSnapshot;

namespace {

constexpr const char* reading_network = "read network";

}  // namespace

Result<NetworkSnapshot> NetworkReader::read() {
  // Under a storm of changes no dump is of one moment; then the last one has to do, and the next change
  // notice leads to a better one.
  constexpr int tries_max = 4;
  auto snapshot = read_once();
  for (int tries = 1; tries < tries_max && snapshot.has_value() && interrupted_; ++tries)
    snapshot = read_once();
  // What is left of a broken-off answer must not be taken for the next one.
  if (!snapshot.has_value()) socket_.reset();
  return snapshot;
}

Result<NetworkSnapshot> NetworkReader::read_once() {
  BOWLINE_TRY_VOID(open());
  interrupted_ = false;
  NetworkSnapshot snapshot;
  BOWLINE_TRY_VOID(dump(RTM_GETLINK, [&](const nlmsghdr& message) {
    if (add_link(message, snapshot)) tell_hardware(snapshot.interfaces.back());
  }));
  BOWLINE_TRY_VOID(
      dump(RTM_GETADDR, [&](const nlmsghdr& message) { add_address(message, snapshot); }));
  BOWLINE_TRY_VOID(
      dump(RTM_GETROUTE, [&](const nlmsghdr& message) { add_route(message, snapshot); }));
  std::ranges::sort(snapshot.interfaces, {}, &Interface::index);
  return snapshot;
}

template <class Visit>
Result<void> NetworkReader::dump(std::uint16_t type, Visit visit) {
  BOWLINE_TRY_VOID(request(type));
  alignas(nlmsghdr) std::array<std::byte, 32 * 1024> answer;
  for (;;) {
    // The kernel prepares each part while the one before is read, so that there is nothing to wait for.
    const ssize_t received = system_.receive(socket_.number(), answer);
    if (received < 0) return Error::from_errno(errno, reading_network);
    int rest = static_cast<int>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data());
    for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
      if (message->nlmsg_seq != sequence_) continue;
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
        return Error::from_errno(-error->error, reading_network);
      }
      visit(*message);
    }
  }
}

Result<void> NetworkReader::open() {
  if (socket_.is_open()) return {};
  socket_ = Descriptor(system_.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  if (!socket_.is_open()) return Error::from_errno(errno, reading_network);
  return {};
}

Result<void> NetworkReader::request(std::uint16_t type) {
  struct {
    nlmsghdr header;
    rtgenmsg any;
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.any);
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.any.rtgen_family = AF_UNSPEC;
  iovec bytes{&request, request.header.nlmsg_len};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (system_.send_message(socket_.number(), message) < 0)
    return Error::from_errno(errno, reading_network);
  return {};
}

/// Drivers of radios look like Ethernet; what they really are stands in sysfs.
void NetworkReader::tell_hardware(Interface& interface) {
  constexpr std::size_t uevent_bytes_max = 4096;
  const auto uevent = files_.read("/sys/class/net/" + interface.name + "/uevent", uevent_bytes_max);
  if (!uevent.has_value()) return;  // in a container, where hardware is hidden
  if (uevent->find("DEVTYPE=wlan") != std::string::npos) interface.type = InterfaceType::wifi;
  if (uevent->find("DEVTYPE=wwan") != std::string::npos) interface.type = InterfaceType::cellular;
}

}  // namespace bowline::linux_host
