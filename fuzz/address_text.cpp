// Text of addresses: what is read is written and read again as the same; and inet_pton agrees on every input.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <arpa/inet.h>

#include <bowline/address.h>

#include "base/bytes.h"
#include "require.h"

namespace {

using namespace bowline;

template <class Value>
void check_round_trip(std::string_view text) {
  const auto value = Value::parse(text);
  if (!value.has_value()) {
    require(value.error().kind() == ErrorKind::malformed && !to_string(value.error()).empty());
    return;
  }
  const std::string written = to_string(*value);
  const auto again = Value::parse(written);
  require(again.has_value() && *again == *value && to_string(*again) == written);
}

void check_against_system(const std::string& text, int family) {
  std::array<unsigned char, 16> octets{};
  const bool accepted = inet_pton(family, text.c_str(), octets.data()) == 1;
  const auto ours = IpAddress::parse(text);
  const bool same_family = ours.has_value() && ours->is_v4() == (family == AF_INET);
  require(same_family == accepted);
  if (!accepted) return;
  require(std::ranges::equal(ours->octets(), std::span(octets).first(ours->octets().size())));
  std::array<char, INET6_ADDRSTRLEN> shown;
  require(inet_ntop(family, octets.data(), shown.data(), shown.size()) != nullptr);
  require(IpAddress::parse(shown.data()).value() == *ours);
}

}  // namespace

int fuzz_address_text(std::span<const std::byte> input) {
  const std::string_view text = as_text(input);
  check_round_trip<IpAddress>(text);
  check_round_trip<IpPrefix>(text);
  check_round_trip<SocketAddress>(text);
  // The system takes strings that end in NUL, and knows no zones.
  if (text.find('\0') == std::string_view::npos && text.find('%') == std::string_view::npos) {
    check_against_system(std::string(text), AF_INET);
    check_against_system(std::string(text), AF_INET6);
  }
  return 0;
}
