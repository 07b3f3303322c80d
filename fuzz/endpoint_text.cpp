// Text of endpoints: what is accepted is safe to print, and read again from its parts it is the same.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <bowline/endpoint.h>

#include "base/bytes.h"
#include "require.h"

namespace {

using namespace bowline;

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void check_refused(const Error& error) {
  require(error.kind() == ErrorKind::invalid_argument || error.kind() == ErrorKind::unsupported);
  require(is_printable(to_string(error)));
}

void check_accepted(const Endpoint& endpoint) {
  require(endpoint.validity().has_value() && is_printable(to_string(endpoint)));
  const std::string host = endpoint.host();
  require(!host.empty() && is_printable(host));
  const auto again = Endpoint::parse_host(host, endpoint.port());
  require(again.has_value() && again->host() == host &&
          again->is_address() == endpoint.is_address() && again->zone() == endpoint.zone() &&
          to_string(*again) == to_string(endpoint));
}

}  // namespace

int fuzz_endpoint_text(std::span<const std::byte> input) {
  const std::string_view text = as_text(input);
  const auto named = Endpoint::parse_host(text, 443);
  named.has_value() ? check_accepted(*named) : check_refused(named.error());
  const auto located = Endpoint::parse_url(text);
  located.has_value() ? check_accepted(*located) : check_refused(located.error());
  require(is_printable(to_string(host(text, 1))) && is_printable(to_string(url(text))));
  return 0;
}
