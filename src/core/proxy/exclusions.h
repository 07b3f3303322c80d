#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/address.h>

namespace bowline::core {

/// Hosts that are reached without a proxy, or for whom one is meant: a list as in NO_PROXY.
///
///   example.com     that host and all below it; `.example.com` and `*.example.com` say the same
///   example.com:81  only at that port; also behind an address, in brackets if it is IPv6
///   192.0.2.1       that address, however it is written
///   10.0.0.0/8      addresses in that network; names are not looked up for it
///   *               everything
///
/// Commas and blanks separate. Case and a trailing dot make no difference. What does not parse excludes
/// nothing. At most 1,000 entries.
class HostList {
 public:
  HostList() = default;
  explicit HostList(std::string_view text);

  /// `host` as a URL has it, brackets or not.
  [[nodiscard]] bool contains(std::string_view host, std::uint16_t port) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string name;  ///< without a leading dot; empty: everything, or a network
    std::optional<IpPrefix> network;
    std::uint16_t port = 0;  ///< 0: any
  };
  void add(std::string_view text);

  std::vector<Entry> entries_;
};

}  // namespace bowline::core
