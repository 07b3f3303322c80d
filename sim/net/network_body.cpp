#include "sim/net/network_body.h"

#include <algorithm>

#include "sim/net/match.h"
#include "wire/ip/tcp.h"

namespace bowline::sim {

namespace {

/// Whom an ICMP error comes from: RFC 7600's dummy address, or a router's usual link-local one.
IpAddress router_address(Family family) {
  if (family == Family::ipv4) return IpAddress::v4({192, 0, 0, 8});
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

Packet packet_between(const IpAddress& source, const IpAddress& destination,
                      wire::IpProtocol protocol, std::span<const std::byte> payload) {
  wire::IpPacket packet;
  packet.source = source;
  packet.destination = destination;
  packet.protocol = protocol;
  packet.payload = payload;
  return packet.encode();
}

}  // namespace

Network::Network(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Network::~Network() = default;
const std::string& Network::name() const { return body_->name(); }
RuleId Network::add_rule(Match match, Verdict verdict) {
  return body_->add_rule(std::move(match), verdict);
}
void Network::remove_rule(RuleId rule) { body_->remove_rule(rule); }
void Network::clear_rules() { body_->clear_rules(); }

RuleId Network::Body::add_rule(Match match, Verdict verdict) {
  const RuleId id{++rules_made_};
  rules_.push_back({id, std::move(match), verdict});
  world_.note(name_, "adds rule " + std::to_string(rules_made_));
  return id;
}

void Network::Body::remove_rule(RuleId rule) {
  std::erase_if(rules_, [rule](const Rule& other) { return other.id == rule; });
  world_.note(name_, "removes rule " + std::to_string(static_cast<std::uint64_t>(rule)));
}

void Network::Body::add_address(const IpAddress& address, NetworkEnd& end) {
  if (!ends_.emplace(address.with_scope(0), &end).second)
    die("the network has this address already", to_string(address));
}

void Network::Body::carry(Packet packet) {
  if (const Rule* rule = find_rule(packet)) return apply(*rule, std::move(packet));
  hand_on(std::move(packet));
}

const Network::Body::Rule* Network::Body::find_rule(const Packet& packet) {
  for (Rule& rule : rules_) {
    const Match::Conditions& conditions = rule.match.conditions();
    if (conditions.first && rule.used >= *conditions.first) continue;
    if (!fits(conditions, packet)) continue;
    if (conditions.chance &&
        static_cast<double>(random_.next() >> 11) * 0x1p-53 >= *conditions.chance)
      continue;
    ++rule.used;
    return &rule;
  }
  return nullptr;
}

void Network::Body::apply(const Rule& rule, Packet packet) {
  if (rule.verdict == Verdict::pass) return hand_on(std::move(packet));
  world_.note(name_, "drops (rule " + std::to_string(static_cast<std::uint64_t>(rule.id)) + ") " +
                         describe(packet));
  switch (rule.verdict) {
    case Verdict::drop:
    case Verdict::pass: return;
    case Verdict::reset: return reset_sender(packet);
    case Verdict::port_unreachable: return report(packet, wire::IcmpErrorKind::port_unreachable);
    case Verdict::host_unreachable: return report(packet, wire::IcmpErrorKind::host_unreachable);
    case Verdict::net_unreachable: return report(packet, wire::IcmpErrorKind::net_unreachable);
    case Verdict::prohibited: return report(packet, wire::IcmpErrorKind::prohibited);
  }
}

void Network::Body::report(const Packet& about, wire::IcmpErrorKind kind, std::size_t mtu) {
  const auto packet = wire::IpPacket::parse(about);
  if (!packet.has_value()) return;
  const Family family = packet->source.family();
  // RFC 1122 3.2.2 and RFC 4443 2.4 (e): never an error about an error, nor about what went to a group.
  if (packet->destination.is_multicast()) return;
  if (packet->protocol == wire::icmp_of(family)) return;
  wire::IcmpError error;
  error.kind = kind;
  error.mtu = static_cast<std::uint32_t>(mtu);
  error.quoted = about;
  const IpAddress router = router_address(family);
  hand_on(packet_between(router, packet->source, wire::icmp_of(family),
                         error.encode(router, packet->source)));
}

void Network::Body::reset_sender(const Packet& about) {
  const auto packet = wire::IpPacket::parse(about);
  if (!packet.has_value() || packet->protocol != wire::IpProtocol::tcp) return;
  const auto segment = wire::TcpSegment::parse(*packet);
  if (!segment.has_value() || segment->rst) return;
  const wire::TcpSegment reset = wire::reset_answering(*segment);
  hand_on(packet_between(packet->destination, packet->source, wire::IpProtocol::tcp,
                         reset.encode(packet->destination, packet->source)));
}

void Network::Body::hand_on(Packet packet) {
  const auto parsed = wire::IpPacket::parse(packet);
  if (!parsed.has_value()) return world_.note(name_, "drops (damaged) " + describe(packet));
  if (parsed->destination.is_multicast()) return hand_to_group(*parsed, packet);
  const auto end = ends_.find(parsed->destination);
  if (end == ends_.end()) return world_.note(name_, "drops (nobody there) " + describe(packet));
  end->second->handle_packet_for(std::move(packet));
}

void Network::Body::hand_to_group(const wire::IpPacket& parsed, const Packet& packet) {
  const auto sender = ends_.find(parsed.source);
  std::vector<NetworkEnd*> members;  // in the order of their addresses, each once
  for (const auto& [address, end] : ends_) {
    if (sender != ends_.end() && end == sender->second) continue;
    if (std::ranges::find(members, end) != members.end()) continue;
    if (end->has_joined(parsed.destination)) members.push_back(end);
  }
  if (members.empty()) return world_.note(name_, "drops (nobody joined) " + describe(packet));
  for (NetworkEnd* member : members) member->handle_packet_for(packet);
}

}  // namespace bowline::sim
