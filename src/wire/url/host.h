#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/address.h>
#include <bowline/result.h>

namespace bowline::wire {

/// A host as a URL writes it.
struct UrlHost {
  std::string text;                  ///< IPv6 in brackets
  std::optional<IpAddress> address;  ///< if it is one
};

enum class HostForm : bool {
  domain,  ///< of special schemes: a name or an address, percent-decoded and mapped
  opaque,  ///< of others: whatever stands there, unless it stands in brackets
};

/// errors    malformed, with the rule
/// source    URL Standard 3.5 (host parser), 3.5.1 (IPv4, IPv6)
[[nodiscard]] Result<UrlHost> parse_url_host(std::string_view text, HostForm form);

/// `1.2.3.4`, and what inet_aton makes of fewer parts, octal and hex; nothing if the last part is no number,
/// an error if it is and the rest does not fit.
[[nodiscard]] Result<std::optional<IpAddress>> parse_url_ipv4(std::string_view text);
/// Without brackets and zone.
[[nodiscard]] std::optional<IpAddress> parse_url_ipv6(std::string_view text);
/// The URL Standard's form, which unlike RFC 5952 writes no dotted quads.
[[nodiscard]] std::string write_url_ipv6(const IpAddress& address);

}  // namespace bowline::wire
