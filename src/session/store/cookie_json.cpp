#include "session/store/cookie_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "core/http/cookies/set_cookie.h"
#include "wire/url/percent.h"

namespace bowline::session {

namespace {

constexpr std::size_t cookies_in_json_max = 10'000;
constexpr int depth_max = 8;

using JsonValue = std::variant<std::monostate, bool, double, std::string>;
using JsonObject = std::map<std::string, JsonValue, std::less<>>;

Error no_cookies(const char* what) { return {ErrorKind::malformed, "import cookies", what}; }

void append_utf8(std::string& into, std::uint32_t code) {
  const auto put = [&into](std::uint32_t octet) { into += static_cast<char>(octet); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6U);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12U);
    put(0x80 | (code >> 6U & 0x3fU));
  } else {
    put(0xf0 | code >> 18U);
    put(0x80 | (code >> 12U & 0x3fU));
    put(0x80 | (code >> 6U & 0x3fU));
  }
  put(0x80 | (code & 0x3fU));
}

/// RFC 3629: no code point in a longer form than it needs, no surrogates, none above 10FFFF.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t size = first < 0x80                     ? 1
                             : first >= 0xc2 && first <= 0xdf ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
    if (size == 0 || text.size() < size) return false;
    for (std::size_t i = 1; i < size; ++i)
      if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) return false;
    const auto second = size > 1 ? static_cast<unsigned char>(text[1]) : 0U;
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string quoted_json(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool is_text = is_utf8(text);
  std::string whole = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      whole += '\\';
      whole += c;
    } else if (octet < 0x20 || octet == 0x7f || (octet > 0x7f && !is_text)) {
      whole += std::string("\\u00") + digits[octet >> 4U] + digits[octet & 15U];
    } else {
      whole += c;
    }
  }
  return whole + '"';
}

/// As much of JSON as such an array has: objects of scalars; what is deeper is read and left out.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  bool take(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool is_at_end() {
    skip_blanks();
    return rest_.empty();
  }
  std::optional<JsonObject> object() {
    if (!take('{')) return std::nullopt;
    JsonObject object;
    if (take('}')) return object;
    do {
      skip_blanks();
      auto name = string();
      if (!name || !take(':')) return std::nullopt;
      auto value = scalar_or_skipped(0);
      if (!value) return std::nullopt;
      object.insert_or_assign(*std::move(name), *std::move(value));
    } while (take(','));
    if (!take('}')) return std::nullopt;
    return object;
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<JsonValue> scalar_or_skipped(int depth) {
    skip_blanks();
    if (rest_.starts_with('"')) {
      if (auto text = string()) return JsonValue(*std::move(text));
      return std::nullopt;
    }
    if (take_word("true")) return JsonValue(true);
    if (take_word("false")) return JsonValue(false);
    if (take_word("null")) return JsonValue();
    if (rest_.starts_with('[') || rest_.starts_with('{')) return skipped(depth + 1);
    return number();
  }

  std::optional<JsonValue> number() {
    const std::size_t size = std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size());
    double value = 0;
    const char* const end = rest_.data() + size;
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (size == 0 || error != std::errc() || stop != end) return std::nullopt;
    rest_.remove_prefix(size);
    return JsonValue(value);
  }

  std::optional<JsonValue> skipped(int depth) {
    if (depth > depth_max) return std::nullopt;
    const bool is_object = take('{');
    if (!is_object && !take('[')) return std::nullopt;
    const char closing = is_object ? '}' : ']';
    if (take(closing)) return JsonValue();
    do {
      if (is_object) {
        skip_blanks();
        if (!string() || !take(':')) return std::nullopt;
      }
      if (!scalar_or_skipped(depth)) return std::nullopt;
    } while (take(','));
    if (!take(closing)) return std::nullopt;
    return JsonValue();
  }

  std::optional<std::string> string() {
    if (!rest_.starts_with('"')) return std::nullopt;
    rest_.remove_prefix(1);
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        text += c;
      } else if (!escaped(text)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool escaped(std::string& into) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (const std::size_t at = letters.find(c); at != std::string_view::npos) {
      into += meanings[at];
      return true;
    }
    auto code = c == 'u' ? hex4() : std::nullopt;
    if (!code) return false;
    if (*code >= 0xd800 && *code < 0xdc00) {
      if (!take_word("\\u")) return false;
      const auto low = hex4();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      code = 0x10000 + ((*code - 0xd800) << 10U) + (*low - 0xdc00);
    } else if (*code >= 0xdc00 && *code <= 0xdfff) {
      return false;
    }
    append_utf8(into, *code);
    return true;
  }

  std::optional<std::uint32_t> hex4() {
    std::uint32_t code = 0;
    if (rest_.size() < 4) return std::nullopt;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (error != std::errc() || end != rest_.data() + 4) return std::nullopt;
    rest_.remove_prefix(4);
    return code;
  }

  std::string_view rest_;
};

std::string text_in(const JsonObject& object, std::string_view name) {
  const auto found = object.find(name);
  const auto* const text =
      found == object.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? std::string() : *text;
}

bool is_true(const JsonObject& object, std::string_view name) {
  const auto found = object.find(name);
  const auto* const value = found == object.end() ? nullptr : std::get_if<bool>(&found->second);
  return value != nullptr && *value;
}

core::SameSite same_site_of(std::string_view text) {
  if (text == "strict") return core::SameSite::strict;
  if (text == "lax") return core::SameSite::lax;
  if (text == "none" || text == "no_restriction") return core::SameSite::none;
  return core::SameSite::unset;
}

const char* to_json(core::SameSite value) {
  switch (value) {
    case core::SameSite::unset: return "unspecified";
    case core::SameSite::none: return "none";
    case core::SameSite::lax: return "lax";
    case core::SameSite::strict: return "strict";
  }
  return "unspecified";
}

std::optional<core::Cookie> to_cookie(const JsonObject& object, std::int64_t now) {
  core::Cookie cookie;
  cookie.name = text_in(object, "name");
  cookie.value = text_in(object, "value");
  const std::string whole = text_in(object, "domain");
  std::string_view domain = whole;
  const bool is_wide = domain.starts_with('.');
  if (is_wide) domain.remove_prefix(1);
  cookie.domain = wire::ascii_lower(domain);
  const auto host_only = object.find("hostOnly");
  cookie.is_host_only = host_only == object.end() ? !is_wide : is_true(object, "hostOnly");
  if (const std::string path = text_in(object, "path"); path.starts_with('/')) cookie.path = path;
  cookie.partition = text_in(object, "partition");
  cookie.is_secure = is_true(object, "secure");
  cookie.is_http_only = is_true(object, "httpOnly");
  cookie.same_site = same_site_of(wire::ascii_lower(text_in(object, "sameSite")));
  cookie.created = cookie.last_used = now;
  const auto until = object.find("expirationDate");
  if (until != object.end()) {
    const auto* const seconds = std::get_if<double>(&until->second);
    if (seconds == nullptr || !std::isfinite(*seconds)) return std::nullopt;
    constexpr double last = 1e15;
    cookie.expires = std::min(static_cast<std::int64_t>(std::clamp(*seconds, -last, last)),
                              now + core::cookie_age_max);
    if (*cookie.expires <= now) return std::nullopt;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const bool is_clean = std::ranges::none_of(cookie.name + cookie.value + cookie.path, is_control);
  const bool fits = cookie.name.size() + cookie.value.size() <= core::cookie_pair_octets_max;
  if (!is_clean || !fits || cookie.domain.empty() || (cookie.name.empty() && cookie.value.empty()))
    return std::nullopt;
  return cookie;
}

}  // namespace

std::string write_cookie_json(const std::vector<core::Cookie>& cookies) {
  std::string text = "[";
  const auto yes_or_no = [](bool value) { return value ? "true" : "false"; };
  for (const core::Cookie& cookie : cookies) {
    text += text.size() > 1 ? ",\n " : "\n ";
    text += "{\"name\": " + quoted_json(cookie.name) + ", \"value\": " + quoted_json(cookie.value) +
            ", \"domain\": " + quoted_json((cookie.is_host_only ? "" : ".") + cookie.domain) +
            ", \"hostOnly\": " + yes_or_no(cookie.is_host_only) +
            ", \"path\": " + quoted_json(cookie.path) +
            ", \"secure\": " + yes_or_no(cookie.is_secure) +
            ", \"httpOnly\": " + yes_or_no(cookie.is_http_only) + ", \"sameSite\": \"" +
            to_json(cookie.same_site) + "\"";
    if (cookie.expires) text += ", \"expirationDate\": " + std::to_string(*cookie.expires);
    if (!cookie.partition.empty()) text += ", \"partition\": " + quoted_json(cookie.partition);
    text += "}";
  }
  return text + "\n]\n";
}

Result<std::vector<core::Cookie>> read_cookie_json(std::string_view text, std::int64_t now) {
  JsonReader reader(text);
  std::vector<core::Cookie> cookies;
  if (!reader.take('[')) return no_cookies("an array of cookies is wanted");
  if (!reader.take(']')) {
    do {
      const auto object = reader.object();
      if (!object) return no_cookies("this is no JSON, or no array of objects");
      if (cookies.size() >= cookies_in_json_max)
        return Error(ErrorKind::limit_exceeded, "import cookies", "too many cookies");
      if (auto cookie = to_cookie(*object, now)) cookies.push_back(*std::move(cookie));
    } while (reader.take(','));
    if (!reader.take(']')) return no_cookies("the array does not end");
  }
  if (!reader.is_at_end()) return no_cookies("something stands behind the array");
  return cookies;
}

}  // namespace bowline::session
