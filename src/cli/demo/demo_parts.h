#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <bowline/address.h>
#include <bowline/report.h>
#include <bowline/result.h>

namespace bowline::cli {

/// www.example.com on a network in memory, where every IPv6 packet to it vanishes.
[[nodiscard]] Result<Report> connect_simulated();

/// demo.bowline.test on real sockets of the loopback interface, resolved by a DNS server of our
/// own; only its IPv4 address has a listener.
[[nodiscard]] Result<Report> connect_on_loopback();

/// www.example.com by TLS on a network in memory, where its IPv6 address leads to a server that cannot prove
/// to be it.
[[nodiscard]] Result<Report> connect_securely();

/// What a choosy connection met on a laptop whose networks come and go.
struct PathScene {
  std::vector<std::string> paths;  ///< as a monitor told them, in order
  Report report;
};
/// www.example.com on a network in memory, from a laptop with Wi-Fi that is out of reach for two seconds,
/// and a phone network that costs, which the connection may not use.
[[nodiscard]] Result<PathScene> wait_for_a_cheap_path();

/// The response of a DNS server that knows these addresses for every name; empty if `query` is no
/// query.
/// source    RFC 1035 section 4.1
[[nodiscard]] std::vector<std::byte> answer_query(std::span<const std::byte> query,
                                                  std::span<const IpAddress> addresses);

}  // namespace bowline::cli
