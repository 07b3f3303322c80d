#include "flows/flow.h"

#include <unistd.h>

#include <atomic>
#include <initializer_list>

#include "flows/ends.h"

namespace bowline::flows {

namespace {

std::vector<Flow> joined(std::initializer_list<std::span<const Flow>> files) {
  std::vector<Flow> all;
  for (const auto flows : files) all.insert(all.end(), flows.begin(), flows.end());
  return all;
}

}  // namespace

std::vector<Flow> all_flows() {
  return joined({connecting_flows(), datagram_flows(), listening_flows(), loop_flows(),
                 message_flows(), name_flows(), operation_flows(), stream_flows()});
}

std::vector<Flow> flows_on_one_loop() {
  return joined({connecting_flows(), datagram_flows(), listening_flows(), message_flows(),
                 name_flows(), operation_flows(), stream_flows()});
}

std::vector<Flow> transport_flows() {
  return joined(
      {connecting_flows(), datagram_flows(), listening_flows(), message_flows(), stream_flows()});
}

bool is_hang(const Result<void>& outcome) {
  return !outcome.has_value() && outcome.error().message() == too_long;
}

Error unexpected(const char* what) { return {ErrorKind::closed, "flow", what}; }

Result<void> check(bool holds, const char* what) {
  return holds ? Result<void>() : unexpected(what);
}

Endpoint loopback(Family family, std::uint16_t port) {
  return Endpoint(SocketAddress(IpAddress::loopback(family), port));
}

Endpoint nobody() {
  constexpr int ports_min = 10'000;  // the system gives away those from 32768
  constexpr int ports = 20'000;
  static std::atomic<int> threads = 0;
  thread_local const auto port = static_cast<std::uint16_t>(ports_min + threads++ % ports);
  const auto process = static_cast<std::uint32_t>(::getpid());
  const auto octet = [=](int shift) { return static_cast<std::uint8_t>(process >> shift); };
  const auto second = static_cast<std::uint8_t>(64 + octet(16) % 64);
  return Endpoint(SocketAddress(IpAddress::v4({127, second, octet(8), octet(0)}), port));
}

Endpoint endpoint_of(const ListenerHandle& listener) { return Endpoint(listener.local_address()); }

Result<void> hear(Loop& loop, StreamConnection& connection, std::string_view wanted) {
  BOWLINE_TRY(const Message heard, done(loop, connection.receive(wanted.size(), wanted.size())));
  return check(heard.text() == wanted, "other bytes came");
}

Result<void> hear(Loop& loop, MessageConnection& connection, std::string_view wanted) {
  BOWLINE_TRY(const Message heard, done(loop, connection.receive()));
  return check(heard.text() == wanted, "another message came");
}

Result<void> carry(Loop& loop, DatagramConnection& from, DatagramConnection& to,
                   std::string_view text) {
  Result<void> last;
  for (int i = 0; i < tries_max; ++i) {
    last = done(loop, from.send(text));
    if (!last.has_value()) continue;
    for (;;) {
      Result<Message> heard = done(loop, to.receive(), patience);
      if (heard.has_value() && heard->text() == text) return {};
      if (heard.has_value()) continue;
      last = lost_if_hanging(std::move(heard).error());
      break;
    }
  }
  return last;
}

Error lost_if_hanging(Error error) {
  return error.message() == too_long ? unexpected("a datagram was lost again and again") : error;
}

}  // namespace bowline::flows
