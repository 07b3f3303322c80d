#pragma once

#include <bowline/export.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace BOWLINE_API bowline {

/// What an IP packet says about congestion, by its number on the wire: whether its sender understands
/// congestion marks (ect0, ect1), and whether a router on the way has set one (ce).
///
/// source    RFC 3168 section 5
enum class Ecn : std::uint8_t { not_ect = 0, ect1 = 1, ect0 = 2, ce = 3 };

[[nodiscard]] std::string to_string(Ecn ecn);  // "not-ect", "ect(1)", "ect(0)", "ce"

/// What the network said about a datagram that came, beside its bytes.
///
/// size      8 bytes, a plain value
struct DatagramFacts {
  std::uint32_t interface_index = 0;  ///< the interface it came in on
  std::uint8_t hop_limit = 0;         ///< the hop limit, or time to live, that it had left
  Ecn ecn = Ecn::not_ect;

  friend bool operator==(const DatagramFacts&, const DatagramFacts&) = default;
};

}  // namespace BOWLINE_API bowline
