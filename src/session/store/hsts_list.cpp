#include "session/store/hsts_list.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "wire/http/characters.h"

namespace bowline::session {

namespace {

struct HstsField {
  std::int64_t max_age = 0;
  bool with_subdomains = false;
};

/// RFC 6797 6.1: each directive once, max-age in any case; unknown ones are ignored.
std::optional<HstsField> parse_hsts(std::string_view field) {
  HstsField parsed;
  std::optional<std::int64_t> max_age;
  bool has_subdomains = false;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::string_view directive = wire::trim_blanks(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    if (directive.empty()) continue;
    const std::size_t equals = directive.find('=');
    const std::string_view name = wire::trim_blanks(directive.substr(0, equals));
    std::string_view value;
    if (equals != std::string_view::npos) value = wire::trim_blanks(directive.substr(equals + 1));
    if (!wire::is_http_token(name)) return std::nullopt;
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (wire::equal_without_case(name, "max-age")) {
      std::int64_t seconds = 0;
      const auto [rest, error] =
          std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (max_age || value.empty() || rest != value.data() + value.size() || seconds < 0)
        return std::nullopt;
      if (error == std::errc::invalid_argument) return std::nullopt;
      max_age = seconds;
    } else if (wire::equal_without_case(name, "includesubdomains")) {
      if (has_subdomains || equals != std::string_view::npos) return std::nullopt;
      has_subdomains = true;
    }
  }
  if (!max_age) return std::nullopt;
  constexpr std::int64_t age_max = std::int64_t{10} * 366 * 24 * 3600;
  return HstsField{std::min(*max_age, age_max), has_subdomains};
}

/// `example.com.` is the same host.
std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

void HstsList::learn(const Url& url, std::string_view field, std::int64_t now) {
  if (url.scheme() != "https" || url.address()) return;
  const auto parsed = parse_hsts(field);
  if (!parsed) return;
  std::string host(without_dot(url.host()));
  if (parsed->max_age == 0) {
    note(host);
    entries_.erase(host);
    return;
  }
  put(std::move(host), {now + parsed->max_age, parsed->with_subdomains});
}

bool HstsList::applies_to(const Url& url, std::int64_t now) const {
  if (url.address()) return false;
  std::string_view host = without_dot(url.host());
  for (bool is_itself = true; !host.empty(); is_itself = false) {
    const auto found = entries_.find(host);
    if (found != entries_.end() && found->second.expires > now &&
        (is_itself || found->second.with_subdomains))
      return true;
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
  return false;
}

void HstsList::put(std::string host, Entry entry) {
  note(host);
  entries_.insert_or_assign(std::move(host), entry);
  if (entries_.size() <= hosts_max) return;
  const auto first =
      std::ranges::min_element(entries_, {}, [](const auto& each) { return each.second.expires; });
  note(first->first);
  entries_.erase(first);
}

void HstsList::clear() {
  for (const auto& [host, entry] : entries_) note(host);
  entries_.clear();
}

void HstsList::adopt(const std::string& host, Entry entry) {
  const bool noted = std::exchange(notes_changes_, false);
  put(host, entry);
  notes_changes_ = noted;
}

}  // namespace bowline::session
