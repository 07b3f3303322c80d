#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bowline/address.h>
#include <bowline/export.h>

namespace bowline {
namespace BOWLINE_API sim {

/// Which packets a rule is about: those that fulfil every condition given. Without conditions, all.
///
/// Texts that are no address or prefix are programming errors and end the program.
class Match {
 public:
  Match() = default;

  Match& family(Family family);
  Match& tcp();
  Match& udp();
  /// Only the first segment of a TCP connection.
  Match& tcp_syn();
  Match& from(std::string_view prefix);  ///< source address: "192.0.2.1" or "2001:db8::/32"
  Match& to(std::string_view prefix);    ///< destination address
  Match& from_port(std::uint16_t port);
  Match& to_port(std::uint16_t port);
  Match& larger_than(std::size_t packet_bytes);
  /// Any condition on the bytes of the IP packet.
  Match& where(std::function<bool(std::span<const std::byte> packet)> condition);
  /// The rule is used up after that many packets.
  Match& first(std::uint64_t packets);
  /// Of the packets that fulfil the rest, this part: 0 to 1.
  Match& chance(double chance);

  struct Conditions;  // the simulator's own view
  [[nodiscard]] const Conditions& conditions() const { return *conditions_; }

 private:
  Conditions& change();
  std::shared_ptr<const Conditions> conditions_ = none();
  static std::shared_ptr<const Conditions> none();
};

/// What the network does with a packet that a rule is about.
enum class Verdict : std::uint8_t {
  drop,   ///< a black hole
  pass,   ///< goes on, and no later rule is asked
  reset,  ///< TCP: the sender gets a RST in the name of the destination; others are dropped
  port_unreachable,  ///< and the other four: the sender gets this ICMP error
  host_unreachable,
  net_unreachable,
  prohibited,
};

/// Names a rule so that it can be taken away again.
enum class RuleId : std::uint64_t {};

/// What lies between hosts: every attached interface reaches every other by its address, through both
/// their links. Packets to an address that nobody has vanish.
class Network {
 public:
  [[nodiscard]] const std::string& name() const;

  /// The first rule that fits decides; later rules are asked later. Packets that no rule fits pass.
  RuleId add_rule(Match match, Verdict verdict);
  void remove_rule(RuleId rule);
  void clear_rules();

  class Body;
  explicit Network(std::unique_ptr<Body> body);
  ~Network();
  [[nodiscard]] Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace sim
}  // namespace bowline
