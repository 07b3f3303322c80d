#include "sim/net/match.h"

#include <cassert>
#include <cstdio>
#include <cstdlib>

#include "wire/ip/tcp.h"

namespace bowline::sim {

namespace {

bool is_first_segment(const wire::IpPacket& packet) {
  const auto segment = wire::TcpSegment::parse(packet);
  return segment.has_value() && segment->syn && !segment->ack;
}

bool addresses_fit(const Match::Conditions& conditions, const wire::IpPacket& packet) {
  if (conditions.family && *conditions.family != packet.source.family()) return false;
  if (conditions.from && !conditions.from->contains(packet.source)) return false;
  return !conditions.to || conditions.to->contains(packet.destination);
}

bool ports_fit(const Match::Conditions& conditions, const Packet& packet) {
  if (!conditions.from_port && !conditions.to_port) return true;
  const auto flow = wire::IpFlow::parse_quoted(packet);
  if (!flow.has_value()) return false;
  if (conditions.from_port && *conditions.from_port != flow->source.port) return false;
  return !conditions.to_port || *conditions.to_port == flow->destination.port;
}

}  // namespace

std::shared_ptr<const Match::Conditions> Match::none() {
  static const auto empty = std::make_shared<const Conditions>();
  return empty;
}

Match::Conditions& Match::change() {
  auto copy = std::make_shared<Conditions>(*conditions_);
  conditions_ = copy;
  return *copy;
}

Match& Match::family(Family family) {
  change().family = family;
  return *this;
}
Match& Match::tcp() {
  change().protocol = wire::IpProtocol::tcp;
  return *this;
}
Match& Match::udp() {
  change().protocol = wire::IpProtocol::udp;
  return *this;
}
Match& Match::tcp_syn() {
  change().syn_only = true;
  return tcp();
}
Match& Match::from(std::string_view prefix) {
  change().from = prefix_or_die(prefix);
  return *this;
}
Match& Match::to(std::string_view prefix) {
  change().to = prefix_or_die(prefix);
  return *this;
}
Match& Match::from_port(std::uint16_t port) {
  change().from_port = port;
  return *this;
}
Match& Match::to_port(std::uint16_t port) {
  change().to_port = port;
  return *this;
}
Match& Match::larger_than(std::size_t packet_bytes) {
  change().larger_than = packet_bytes;
  return *this;
}
Match& Match::where(std::function<bool(std::span<const std::byte>)> condition) {
  change().where = std::move(condition);
  return *this;
}
Match& Match::first(std::uint64_t packets) {
  change().first = packets;
  return *this;
}
Match& Match::chance(double chance) {
  assert(chance >= 0 && chance <= 1);
  change().chance = chance;
  return *this;
}

bool fits(const Match::Conditions& conditions, const Packet& bytes) {
  const auto packet = wire::IpPacket::parse(bytes);
  if (!packet.has_value() || !addresses_fit(conditions, *packet)) return false;
  if (conditions.protocol && *conditions.protocol != packet->protocol) return false;
  if (conditions.syn_only && !is_first_segment(*packet)) return false;
  if (bytes.size() <= conditions.larger_than) return false;
  return ports_fit(conditions, bytes) && (!conditions.where || conditions.where(bytes));
}

IpPrefix prefix_or_die(std::string_view text) {
  if (const auto prefix = IpPrefix::parse(text); prefix.has_value()) return *prefix;
  const IpAddress address = address_or_die(text);
  return {address, address.is_v4() ? 32u : 128u};
}

IpAddress address_or_die(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address.has_value()) die("not an address", text);
  return *address;
}

void die(std::string_view what, std::string_view about) {
  std::fprintf(stderr, "bowline::sim: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(about.size()), about.data());
  std::abort();
}

}  // namespace bowline::sim
