#include "cli/secure/secure_ports.h"

#include <algorithm>
#include <array>

namespace bowline::cli {

namespace {

constexpr std::array<std::uint16_t, 24> secure_ports{443,    // https, wss
                                                     465,    // submissions
                                                     563,    // nntps
                                                     636,    // ldaps
                                                     853,    // domain-s: DNS over TLS
                                                     989,    // ftps-data
                                                     990,    // ftps
                                                     992,    // telnets
                                                     993,    // imaps
                                                     995,    // pop3s
                                                     2083,   // radsec
                                                     2376,   // docker-s
                                                     3269,   // msft-gc-ssl
                                                     4460,   // ntske
                                                     5061,   // sips
                                                     5223,   // XMPP clients, by habit
                                                     5349,   // stuns, turns
                                                     5671,   // amqps
                                                     5684,   // coaps
                                                     6443,   // Kubernetes' API, by habit
                                                     6514,   // syslog-tls
                                                     6697,   // ircs-u
                                                     8443,   // https beside 443, by habit
                                                     8883};  // secure-mqtt
static_assert(std::ranges::is_sorted(secure_ports));

constexpr std::array<std::string_view, 18> secure_schemes{
    "amqps", "coaps+tcp", "ftps",  "https", "imaps", "ircs",  "ldaps", "mqtts",       "nntps",
    "pop3s", "sips",      "smtps", "stuns", "tls",   "turns", "wss",   "submissions", "xmpps"};
constexpr std::array<std::string_view, 12> plain_schemes{
    "amqp", "ftp", "http", "imap", "irc", "ldap", "mqtt", "pop3", "smtp", "ssh", "tcp", "ws"};

}  // namespace

bool means_tls(std::uint16_t port) { return std::ranges::binary_search(secure_ports, port); }

std::optional<bool> scheme_means_tls(std::string_view scheme) {
  if (std::ranges::find(secure_schemes, scheme) != secure_schemes.end()) return true;
  if (std::ranges::find(plain_schemes, scheme) != plain_schemes.end()) return false;
  return std::nullopt;
}

}  // namespace bowline::cli
