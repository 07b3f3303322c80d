#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <bowline/address.h>
#include <bowline/sim/network.h>

#include "sim/net/world.h"
#include "wire/ip/icmp.h"
#include "wire/ip/packet.h"

namespace bowline::sim {

/// Where a network hands packets on: the far end of an interface's incoming link.
class NetworkEnd {
 public:
  virtual void handle_packet_for(Packet packet) = 0;
  [[nodiscard]] virtual bool has_joined(const IpAddress& group) const = 0;

 protected:
  ~NetworkEnd() = default;
};

class Network::Body {
 public:
  Body(World& world, std::string name)
      : world_(world), name_(std::move(name)), random_(world.random_for(name_)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  RuleId add_rule(Match match, Verdict verdict);
  void remove_rule(RuleId rule);
  void clear_rules() { rules_.clear(); }

  /// One end per address; a second one is an error in the test.
  void add_address(const IpAddress& address, NetworkEnd& end);
  void remove_address(const IpAddress& address) { ends_.erase(address.with_scope(0)); }

  /// A packet came out of somebody's outgoing link.
  void carry(Packet packet);
  /// Tells the sender of a packet what became of it.
  void report(const Packet& packet, wire::IcmpErrorKind kind, std::size_t mtu = 0);

 private:
  struct Rule {
    RuleId id;
    Match match;
    Verdict verdict;
    std::uint64_t used = 0;
  };

  [[nodiscard]] const Rule* find_rule(const Packet& packet);
  void apply(const Rule& rule, Packet packet);
  void reset_sender(const Packet& packet);
  void hand_on(Packet packet);
  /// To every end that has joined the group, but not back to its sender's.
  void hand_to_group(const wire::IpPacket& parsed, const Packet& packet);

  World& world_;
  std::string name_;
  SeededRandom random_;
  std::vector<Rule> rules_;
  std::uint64_t rules_made_ = 0;
  std::map<IpAddress, NetworkEnd*> ends_;
};

}  // namespace bowline::sim
