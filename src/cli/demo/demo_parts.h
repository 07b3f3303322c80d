#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bowline/address.h>
#include <bowline/report.h>
#include <bowline/result.h>
#include <bowline/url_response.h>
#include <bowline/time.h>

namespace bowline::cli {

/// www.example.com on a network in memory, where every IPv6 packet to it vanishes.
[[nodiscard]] Result<Report> connect_simulated();

/// demo.bowline.test on real sockets of the loopback interface, resolved by a DNS server of our
/// own; only its IPv4 address has a listener.
[[nodiscard]] Result<Report> connect_on_loopback();

/// www.example.com by TLS on a network in memory, where its IPv6 address leads to a server that cannot prove
/// to be it.
[[nodiscard]] Result<Report> connect_securely();

/// https://www.example.com/ on a network in memory, the second request of a session: a redirect over a
/// connection that is there, to a page that is stored.
[[nodiscard]] Result<UrlResponse> fetch_in_memory();

/// What a WebSocket showed on a network in memory.
struct MessagesShown {
  std::string subprotocol;
  Duration round_trip{};
  std::vector<std::string> echoes;
  std::string end;  ///< the error with which it ended
  std::optional<std::uint16_t> close_code;
};
/// A server that echoes twice and then vanishes.
[[nodiscard]] Result<MessagesShown> exchange_messages_simulated();
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
