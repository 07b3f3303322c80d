#include "session/store/cookie_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/http/cookies/set_cookie.h"
#include "wire/http/characters.h"

namespace bowline::session {

namespace {

constexpr std::string_view http_only_mark = "#HttpOnly_";
constexpr std::size_t cookies_max = 10'000;
constexpr std::size_t parts_count = 7;

/// Tabs separate, and a line ends: neither can stand in a part.
bool fits_in_line(const core::Cookie& cookie) {
  const auto is_plain = [](std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  };
  return is_plain(cookie.name) && is_plain(cookie.value) && is_plain(cookie.path) &&
         cookie.partition.empty();
}

std::optional<core::Cookie> read_line(std::string_view line, std::int64_t now) {
  core::Cookie cookie;
  if (line.starts_with(http_only_mark)) {
    cookie.is_http_only = true;
    line.remove_prefix(http_only_mark.size());
  } else if (line.starts_with('#')) {
    return std::nullopt;
  }
  std::array<std::string_view, parts_count> parts;
  for (std::size_t i = 0; i < parts_count; ++i) {
    const std::size_t tab = i + 1 < parts_count ? line.find('\t') : line.size();
    if (tab == std::string_view::npos) return std::nullopt;
    parts[i] = line.substr(0, tab);
    line.remove_prefix(std::min(tab + 1, line.size()));
  }
  std::int64_t expires = 0;
  const std::string_view number = parts[4];
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), expires);
  if (error != std::errc() || rest != number.data() + number.size() || expires < 0)
    return std::nullopt;
  std::string_view domain = parts[0];
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !parts[2].starts_with('/')) return std::nullopt;
  if (parts[5].size() + parts[6].size() > core::cookie_pair_octets_max) return std::nullopt;
  cookie.domain = domain;
  std::ranges::transform(cookie.domain, cookie.domain.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  cookie.is_host_only = !wire::equal_without_case(parts[1], "TRUE");
  cookie.path = parts[2];
  cookie.is_secure = wire::equal_without_case(parts[3], "TRUE");
  if (expires > 0) cookie.expires = std::min(expires, now + core::cookie_age_max);
  cookie.name = parts[5];
  cookie.value = parts[6];
  cookie.created = cookie.last_used = now;
  if (!fits_in_line(cookie) || (cookie.name.empty() && cookie.value.empty())) return std::nullopt;
  return cookie;
}

}  // namespace

std::string write_cookie_file(const std::vector<core::Cookie>& cookies) {
  std::string text = "# Netscape HTTP Cookie File\n";
  for (const core::Cookie& cookie : cookies) {
    if (!fits_in_line(cookie)) continue;
    if (cookie.is_http_only) text += http_only_mark;
    text += (cookie.is_host_only ? "" : ".") + cookie.domain + "\t" +
            (cookie.is_host_only ? "FALSE" : "TRUE") + "\t" + cookie.path + "\t" +
            (cookie.is_secure ? "TRUE" : "FALSE") + "\t" +
            std::to_string(cookie.expires.value_or(0)) + "\t" + cookie.name + "\t" + cookie.value +
            "\n";
  }
  return text;
}

std::vector<core::Cookie> read_cookie_file(std::string_view text, std::int64_t now) {
  std::vector<core::Cookie> cookies;
  while (!text.empty() && cookies.size() < cookies_max) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto cookie = read_line(line, now)) cookies.push_back(*std::move(cookie));
  }
  return cookies;
}

}  // namespace bowline::session
