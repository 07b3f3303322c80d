#include "core/http/cookies/set_cookie.h"

#include <algorithm>
#include <limits>

#include "core/http/rules/http_date.h"
#include "wire/http/characters.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::int64_t long_ago = std::numeric_limits<std::int64_t>::min() / 2;

/// Cuts the part up to `mark` off the front; the mark goes too.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

/// What Expires and Max-Age say; Max-Age counts, wherever it stands.
struct CookieAge {
  std::optional<std::int64_t> expires;
  std::optional<std::int64_t> max_age;
};

void take_attribute(std::string_view name, std::string_view value, std::int64_t now,
                    SetCookie& into, CookieAge& age);
std::optional<std::int64_t> parse_max_age(std::string_view text, std::int64_t now);
SameSite parse_same_site(std::string_view text);

}  // namespace

Result<SetCookie> parse_set_cookie(std::string_view field, std::int64_t now) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
  };
  const auto refuse = [](ErrorKind kind, const char* rule) {
    return Error(kind, "set cookie", rule);
  };
  if (std::ranges::any_of(field, is_control))
    return refuse(ErrorKind::malformed, "a control character");
  std::string_view rest = field;
  std::string_view value = take_until(rest, ';');
  std::string_view name = value.contains('=') ? take_until(value, '=') : std::string_view();
  SetCookie cookie;
  cookie.name = wire::trim_blanks(name);
  cookie.value = wire::trim_blanks(value);
  if (cookie.name.empty() && cookie.value.empty())
    return refuse(ErrorKind::malformed, "neither a name nor a value");
  if (cookie.name.size() + cookie.value.size() > cookie_pair_octets_max)
    return refuse(ErrorKind::limit_exceeded, "name and value are too long");
  CookieAge age;
  while (!rest.empty()) {
    std::string_view attribute_value = take_until(rest, ';');
    const std::string_view attribute = wire::trim_blanks(take_until(attribute_value, '='));
    attribute_value = wire::trim_blanks(attribute_value);
    if (attribute_value.size() <= cookie_attribute_octets_max)
      take_attribute(attribute, attribute_value, now, cookie, age);
  }
  cookie.expires = age.max_age ? age.max_age : age.expires;
  if (cookie.expires) cookie.expires = std::min(*cookie.expires, now + cookie_age_max);
  return cookie;
}

namespace {

void take_attribute(std::string_view name, std::string_view value, std::int64_t now,
                    SetCookie& into, CookieAge& age) {
  const auto is = [name](std::string_view known) { return wire::equal_without_case(name, known); };
  if (is("Expires")) {
    if (const auto date = parse_cookie_date(value)) age.expires = date;
  } else if (is("Max-Age")) {
    if (const auto until = parse_max_age(value, now)) age.max_age = until;
  } else if (is("Domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    into.domain = wire::ascii_lower(value);
  } else if (is("Path")) {
    // Empty, or without its slash: the default, which also takes the place of an earlier one.
    into.path.reset();
    if (value.starts_with('/')) into.path = value;
  } else if (is("Secure")) {
    into.is_secure = true;
  } else if (is("HttpOnly")) {
    into.is_http_only = true;
  } else if (is("SameSite")) {
    into.same_site = parse_same_site(value);
  }
}

std::optional<std::int64_t> parse_max_age(std::string_view text, std::int64_t now) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, wire::is_digit)) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) seconds = std::min(seconds * 10 + (c - '0'), cookie_age_max);
  return is_negative || seconds == 0 ? long_ago : now + seconds;
}

SameSite parse_same_site(std::string_view text) {
  if (wire::equal_without_case(text, "None")) return SameSite::none;
  if (wire::equal_without_case(text, "Lax")) return SameSite::lax;
  if (wire::equal_without_case(text, "Strict")) return SameSite::strict;
  return SameSite::unset;
}

}  // namespace

}  // namespace bowline::core
