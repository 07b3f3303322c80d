#pragma once

#include <cstddef>
#include <cstdint>

#include <bowline/address.h>
#include <bowline/result.h>

#include "linux/system/descriptor.h"
#include "linux/system/system.h"

namespace bowline::linux_host {

/// What every IPv6 link carries (RFC 8200 section 5), less the IPv6 and UDP headers: the answer where nothing
/// is known.
inline constexpr std::size_t datagram_bytes_min = 1280 - 48;

/// The largest UDP payload of the path that a connected socket sends on.
[[nodiscard]] std::size_t datagram_bytes_max_of(const System& system, int fd, Family family);

/// Asks the kernel how it would send to a destination, by a UDP socket that is connected but never used.
class RouteProbe {
 public:
  /// errors    unreachable without a route there
  [[nodiscard]] static Result<RouteProbe> open(const System& system, const IpAddress& destination,
                                               std::uint32_t interface_index);

  [[nodiscard]] IpAddress source() const;
  [[nodiscard]] std::size_t datagram_bytes_max() const;

 private:
  RouteProbe(const System& system, Descriptor descriptor, Family family)
      : system_(&system), descriptor_(std::move(descriptor)), family_(family) {}

  const System* system_;
  Descriptor descriptor_;
  Family family_;
};

}  // namespace bowline::linux_host
