#include "core/http/cache/cache_control.h"

#include <algorithm>

#include "wire/http/characters.h"
#include "wire/http/list.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::int64_t seconds_max = std::int64_t{1} << 31;  // RFC 9111 1.2.2

std::int64_t delta_seconds(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  if (text.empty() || !std::ranges::all_of(text, wire::is_digit)) return 0;
  std::int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), seconds_max);
  return value;
}

void set_seconds(std::optional<std::int64_t>& into, std::string_view text) {
  const std::int64_t value = delta_seconds(text);
  into = into ? std::min(*into, value) : value;
}

void take_directive(std::string_view name, std::string_view argument, CacheControl& into) {
  const auto is = [name](std::string_view known) { return wire::equal_without_case(name, known); };
  if (is("no-store")) into.no_store = true;
  if (is("no-cache")) into.no_cache = true;
  if (is("must-revalidate")) into.must_revalidate = true;
  if (is("public")) into.is_public = true;
  if (is("immutable")) into.is_immutable = true;
  if (is("only-if-cached")) into.only_if_cached = true;
  if (is("must-understand")) into.must_understand = true;
  if (is("max-age")) set_seconds(into.max_age, argument);
  if (is("min-fresh")) set_seconds(into.min_fresh, argument);
  if (is("stale-while-revalidate")) set_seconds(into.stale_while_revalidate, argument);
  if (is("stale-if-error")) set_seconds(into.stale_if_error, argument);
  if (!is("max-stale")) return;
  into.has_max_stale = true;
  if (!argument.empty()) set_seconds(into.max_stale, argument);
}

}  // namespace

CacheControl parse_cache_control(const HttpFields& fields) {
  CacheControl control;
  for (const std::string_view value : fields.all("Cache-Control")) {
    for (const std::string_view member : wire::split_http_list(value)) {
      const std::size_t equals = member.find('=');
      const std::string_view argument =
          equals == std::string_view::npos ? std::string_view() : member.substr(equals + 1);
      take_directive(wire::trim_blanks(member.substr(0, equals)), wire::trim_blanks(argument),
                     control);
    }
  }
  if (!fields.contains("Cache-Control") && fields.has_member("Pragma", "no-cache"))
    control.no_cache = true;
  return control;
}

}  // namespace bowline::core
