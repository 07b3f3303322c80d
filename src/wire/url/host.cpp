#include "wire/url/host.h"

#include <algorithm>
#include <utility>

#include "wire/url/domain.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

Result<UrlHost> parse_bracketed(std::string_view text);
Result<UrlHost> parse_opaque_host(std::string_view text);
Error bad_host(const char* rule) { return {ErrorKind::malformed, "parse url", rule}; }
bool is_forbidden_host(char c);
bool is_forbidden_domain(char c);

}  // namespace

Result<UrlHost> parse_url_host(std::string_view text, HostForm form) {
  if (text.starts_with('[')) return parse_bracketed(text);
  if (form == HostForm::opaque) return parse_opaque_host(text);
  std::string decoded = valid_utf8(percent_decode(text));
  BOWLINE_TRY(std::string ascii, domain_to_ascii(decoded));
  if (ascii.empty()) return bad_host("the host is empty");
  if (std::ranges::any_of(ascii, is_forbidden_domain))
    return bad_host("the host holds a character that no name has");
  BOWLINE_TRY(const auto address, parse_url_ipv4(ascii));
  if (address) return UrlHost{to_string(*address), address};
  return UrlHost{std::move(ascii), std::nullopt};
}

namespace {

Result<UrlHost> parse_bracketed(std::string_view text) {
  if (!text.ends_with(']')) return bad_host("a bracket of the host is not closed");
  const auto address = parse_url_ipv6(text.substr(1, text.size() - 2));
  if (!address) return bad_host("what stands in brackets is no IPv6 address");
  return UrlHost{"[" + write_url_ipv6(*address) + "]", address};
}

Result<UrlHost> parse_opaque_host(std::string_view text) {
  if (std::ranges::any_of(text, is_forbidden_host))
    return bad_host("the host holds a character that no host has");
  return UrlHost{percent_encode(text, PercentSet::control), std::nullopt};
}

bool is_forbidden_host(char c) {
  constexpr std::string_view forbidden("\0\t\n\r #/:<>?@[\\]^|", 17);
  return forbidden.contains(c);
}

bool is_forbidden_domain(char c) {
  return is_forbidden_host(c) || static_cast<unsigned char>(c) < ' ' || c == '%' || c == 0x7f;
}

}  // namespace

}  // namespace bowline::wire
