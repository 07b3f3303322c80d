#pragma once

#include <cstdint>
#include <optional>

#include <bowline/sim/network.h>

#include "sim/net/world.h"
#include "wire/ip/packet.h"

namespace bowline::sim {

/// What a rule asks of a packet; what is not set is not asked.
struct Match::Conditions {
  std::optional<Family> family;
  std::optional<wire::IpProtocol> protocol;
  bool syn_only = false;
  std::optional<IpPrefix> from;
  std::optional<IpPrefix> to;
  std::optional<std::uint16_t> from_port;
  std::optional<std::uint16_t> to_port;
  std::size_t larger_than = 0;
  std::function<bool(std::span<const std::byte>)> where;
  std::optional<std::uint64_t> first;
  std::optional<double> chance;
};

/// True if the packet fulfils everything but `first` and `chance`, which need to remember and to draw.
[[nodiscard]] bool fits(const Match::Conditions& conditions, const Packet& packet);

/// "192.0.2.1" as a whole-length prefix, or "192.0.2.0/24"; anything else ends the program.
[[nodiscard]] IpPrefix prefix_or_die(std::string_view text);
[[nodiscard]] IpAddress address_or_die(std::string_view text);
/// Ends the program with a sentence: the test itself is wrong.
[[noreturn]] void die(std::string_view what, std::string_view about);

}  // namespace bowline::sim
