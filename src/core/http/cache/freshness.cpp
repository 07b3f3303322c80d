#include "core/http/cache/freshness.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/http/cache/cache_control.h"
#include "core/http/rules/http_date.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::int64_t guess_max = std::int64_t{7} * 24 * 3600;

std::optional<std::int64_t> date_in(const wire::ResponseHead& head, std::string_view name,
                                    std::int64_t now) {
  const auto text = head.fields.find(name);
  return text ? parse_http_date(*text, now) : std::nullopt;
}

std::int64_t age_field(const HttpFields& fields) {
  const std::string_view text = fields.find("Age").value_or("");
  // Of a list the first counts; what is no number is not there (RFC 9111 5.1).
  const std::string_view first = text.substr(0, text.find(','));
  if (first.empty() || !std::ranges::all_of(first, wire::is_digit)) return 0;
  std::int64_t value = 0;
  for (const char c : first) value = std::min(value * 10 + (c - '0'), std::int64_t{1} << 31);
  return value;
}

}  // namespace

std::int64_t freshness_lifetime(const wire::ResponseHead& head, const ResponseTimes& times) {
  const CacheControl control = parse_cache_control(head.fields);
  if (control.max_age) return *control.max_age;
  const std::int64_t date = date_in(head, "Date", times.received).value_or(times.received);
  if (head.fields.contains("Expires")) {
    const bool is_once = head.fields.all("Expires").size() == 1;
    const auto expires = is_once ? date_in(head, "Expires", times.received) : std::nullopt;
    return expires ? std::max<std::int64_t>(0, *expires - date) : 0;  // RFC 9111 5.3: `0` is past
  }
  const auto modified = date_in(head, "Last-Modified", times.received);
  if (!modified || *modified > date) return 0;
  if (!is_heuristically_cacheable(head.status) && !control.is_public) return 0;
  return std::min((date - *modified) / 10, guess_max);
}

std::int64_t current_age(const wire::ResponseHead& head, const ResponseTimes& times,
                         std::int64_t now) {
  const auto date = date_in(head, "Date", times.received);
  const std::int64_t apparent = date ? std::max<std::int64_t>(0, times.received - *date) : 0;
  const std::int64_t delay = std::max<std::int64_t>(0, times.received - times.requested);
  const std::int64_t initial = std::max(apparent, age_field(head.fields) + delay);
  // A clock that went back makes nothing younger.
  return initial + std::max<std::int64_t>(0, now - times.received);
}

bool is_heuristically_cacheable(int status) {
  static constexpr std::array<int, 12> statuses{200, 203, 204, 206, 300, 301,
                                                308, 404, 405, 410, 414, 501};
  return std::ranges::find(statuses, status) != statuses.end();
}

}  // namespace bowline::core
