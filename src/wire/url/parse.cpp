// The URL Standard's parser (section 4.4). There it is a machine that reads character by character; here the
// text is cut first, which gives the same result: the first hash begins the fragment and the first question
// mark before it the query, in whatever state the machine would be. A function below is a state.

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "wire/url/host.h"
#include "wire/url/percent.h"
#include "wire/url/record.h"

namespace bowline::wire {

namespace {

class UrlParser {
 public:
  UrlParser(std::string_view text, const UrlRecord* base);
  [[nodiscard]] Result<UrlRecord> parse();

 private:
  Result<void> parse_scheme();
  Result<void> parse_without_scheme();
  Result<void> parse_behind_scheme();
  Result<void> parse_relative();
  Result<void> parse_relative_slash();
  Result<void> parse_authority();
  void parse_credentials(std::string_view text);
  Result<void> parse_host_and_port(std::string_view text);
  Result<void> parse_port(std::string_view text);
  Result<void> parse_file();
  Result<void> parse_file_slash();
  Result<void> parse_file_host();
  void parse_path_start();
  void parse_path();
  void append_segment(std::string_view segment, bool is_last);
  void shorten_path();
  void parse_opaque_path();
  void parse_query_and_fragment();

  void take_authority_of_base();
  void take_path_of_base() {
    url_.path = base_->path;
    if (!query_) url_.query = base_->query;
  }
  [[nodiscard]] bool is_slash(char c) const { return c == '/' || (c == '\\' && is_special_); }
  [[nodiscard]] bool starts_with_slash() const { return !rest_.empty() && is_slash(rest_[0]); }
  /// How many octets of what is left come before the first slash.
  [[nodiscard]] std::size_t until_slash() const {
    return static_cast<std::size_t>(
        std::ranges::find_if(rest_, [this](char c) { return is_slash(c); }) - rest_.begin());
  }
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  const UrlRecord* base_;
  std::string text_;
  std::string_view rest_;  // of what stands before query and fragment
  std::optional<std::string_view> query_;
  std::optional<std::string_view> fragment_;
  UrlRecord url_;
  bool is_special_ = false;
};

std::string cleaned(std::string_view text);
Error bad_url(const char* rule) { return {ErrorKind::malformed, "parse url", rule}; }
std::size_t scheme_octets(std::string_view text);
bool is_dot(std::string_view segment);
bool is_double_dot(std::string_view segment);
bool is_drive_letter(std::string_view text) {
  return text.size() == 2 && is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}
bool starts_with_drive_letter(std::string_view text) {
  return is_drive_letter(text.substr(0, 2)) &&
         (text.size() == 2 || text[2] == '/' || text[2] == '\\');
}
/// `/C:` and perhaps more behind it.
bool path_has_drive(std::string_view path) {
  return path.size() >= 3 && is_drive_letter(path.substr(1, 2)) && path[2] == ':' &&
         (path.size() == 3 || path[3] == '/');
}

}  // namespace

const SpecialScheme* special_scheme(std::string_view scheme) {
  static constexpr SpecialScheme schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80},
                                              {"wss", 443}, {"ftp", 21},    {"file", {}}};
  const auto* found = std::ranges::find(schemes, scheme, &SpecialScheme::name);
  return found == std::end(schemes) ? nullptr : found;
}

Result<UrlRecord> parse_url(std::string_view text, const UrlRecord* base) {
  if (text.size() > Url::text_bytes_max)
    return Error(ErrorKind::limit_exceeded, "parse url",
                 "a URL has at most " + std::to_string(Url::text_bytes_max) + " octets");
  auto parsed = UrlParser(text, base).parse();
  if (parsed.has_value()) return parsed;
  return std::move(parsed).error().about(escape(text, 256));
}

namespace {

UrlParser::UrlParser(std::string_view text, const UrlRecord* base)
    : base_(base), text_(cleaned(text)) {
  const auto cut = [](std::string_view& from, char at) -> std::optional<std::string_view> {
    const std::size_t found = from.find(at);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view behind = from.substr(found + 1);
    from = from.substr(0, found);
    return behind;
  };
  rest_ = text_;
  fragment_ = cut(rest_, '#');
  query_ = cut(rest_, '?');
}

Result<UrlRecord> UrlParser::parse() {
  BOWLINE_TRY_VOID(parse_scheme());
  parse_query_and_fragment();
  return std::move(url_);
}

Result<void> UrlParser::parse_scheme() {
  const std::size_t octets = scheme_octets(rest_);
  if (octets == 0) return parse_without_scheme();
  url_.scheme = ascii_lower(take(octets));
  rest_.remove_prefix(1);
  is_special_ = url_.is_special();
  return parse_behind_scheme();
}

Result<void> UrlParser::parse_behind_scheme() {
  if (url_.scheme == "file") return parse_file();
  if (is_special_) {
    const bool is_relative = base_ != nullptr && base_->scheme == url_.scheme;
    return is_relative && !rest_.starts_with("//") ? parse_relative() : parse_authority();
  }
  if (rest_.starts_with("//")) {
    rest_.remove_prefix(2);
    return parse_authority();
  }
  if (rest_.starts_with('/')) {
    rest_.remove_prefix(1);
    parse_path();
  } else {
    parse_opaque_path();
  }
  return {};
}

Result<void> UrlParser::parse_without_scheme() {
  if (base_ == nullptr) return bad_url("the URL has no scheme, and nothing to be relative to");
  url_.scheme = base_->scheme;
  is_special_ = url_.is_special();
  if (!base_->has_opaque_path) return url_.scheme == "file" ? parse_file() : parse_relative();
  if (!rest_.empty() || query_ || !fragment_)
    return bad_url("only a fragment can be relative to a URL with an opaque path");
  url_.has_opaque_path = true;
  take_path_of_base();
  return {};
}

Result<void> UrlParser::parse_relative() {
  if (starts_with_slash()) {
    rest_.remove_prefix(1);
    return parse_relative_slash();
  }
  take_authority_of_base();
  if (rest_.empty()) {
    take_path_of_base();
    return {};
  }
  url_.path = base_->path;
  shorten_path();
  parse_path();
  return {};
}

Result<void> UrlParser::parse_relative_slash() {
  if (starts_with_slash()) {
    rest_.remove_prefix(1);
    return parse_authority();
  }
  take_authority_of_base();
  parse_path();
  return {};
}

void UrlParser::take_authority_of_base() {
  url_.username = base_->username;
  url_.password = base_->password;
  url_.host = base_->host;
  url_.address = base_->address;
  url_.port = base_->port;
}

/// The slashes in front are gone, but for special schemes, which may have any number of them.
Result<void> UrlParser::parse_authority() {
  while (is_special_ && starts_with_slash()) rest_.remove_prefix(1);
  std::string_view authority = take(until_slash());
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parse_credentials(authority.substr(0, at));
    authority.remove_prefix(at + 1);
    if (authority.empty()) return bad_url("a user without a host");
  }
  BOWLINE_TRY_VOID(parse_host_and_port(authority));
  parse_path_start();
  return {};
}

void UrlParser::parse_credentials(std::string_view text) {
  const std::size_t colon = text.find(':');
  url_.username = percent_encode(text.substr(0, colon), PercentSet::userinfo);
  if (colon != std::string_view::npos)
    url_.password = percent_encode(text.substr(colon + 1), PercentSet::userinfo);
}

Result<void> UrlParser::parse_host_and_port(std::string_view text) {
  bool in_brackets = false;
  std::size_t end = 0;
  for (; end < text.size() && (text[end] != ':' || in_brackets); ++end)
    if (text[end] == '[' || text[end] == ']') in_brackets = text[end] == '[';
  const bool has_port = end < text.size();
  if (end == 0 && (is_special_ || has_port)) return bad_url("the host is empty");
  if (end == 0) {
    url_.host.emplace();
    return {};
  }
  BOWLINE_TRY(UrlHost host, parse_url_host(text.substr(0, end),
                                           is_special_ ? HostForm::domain : HostForm::opaque));
  url_.host = std::move(host.text);
  url_.address = host.address;
  if (!has_port) return {};
  return parse_port(text.substr(end + 1));
}

Result<void> UrlParser::parse_port(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return bad_url("the port is no number");
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65'535) return bad_url("the port is over 65535");
  }
  if (text.empty()) return {};
  const SpecialScheme* special = special_scheme(url_.scheme);
  if (special == nullptr || special->port != value) url_.port = static_cast<std::uint16_t>(value);
  return {};
}

Result<void> UrlParser::parse_file() {
  is_special_ = true;
  url_.host.emplace();
  if (starts_with_slash()) {
    rest_.remove_prefix(1);
    return parse_file_slash();
  }
  if (base_ != nullptr && base_->scheme == "file") {
    url_.host = base_->host;
    url_.address = base_->address;
    if (rest_.empty()) {
      take_path_of_base();
      return {};
    }
    if (!starts_with_drive_letter(rest_)) {
      url_.path = base_->path;
      shorten_path();
    }
  }
  parse_path();
  return {};
}

Result<void> UrlParser::parse_file_slash() {
  if (starts_with_slash()) {
    rest_.remove_prefix(1);
    return parse_file_host();
  }
  if (base_ != nullptr && base_->scheme == "file") {
    url_.host = base_->host;
    url_.address = base_->address;
    if (!starts_with_drive_letter(rest_) && path_has_drive(base_->path))
      url_.path = base_->path.substr(0, 3);
  }
  parse_path();
  return {};
}

Result<void> UrlParser::parse_file_host() {
  const std::string_view text = rest_.substr(0, until_slash());
  if (is_drive_letter(text)) {
    parse_path();
    return {};
  }
  rest_.remove_prefix(text.size());
  if (!text.empty()) {
    BOWLINE_TRY(UrlHost host, parse_url_host(text, HostForm::domain));
    if (host.text != "localhost") url_.host = std::move(host.text);
    url_.address = host.address;
  }
  parse_path_start();
  return {};
}

void UrlParser::parse_path_start() {
  if (rest_.empty() && !is_special_) return;
  if (starts_with_slash()) rest_.remove_prefix(1);
  parse_path();
}

/// What is left are segments; the slash before the first is gone.
void UrlParser::parse_path() {
  for (;;) {
    const std::string_view segment = take(until_slash());
    const bool is_last = rest_.empty();
    append_segment(segment, is_last);
    if (is_last) return;
    rest_.remove_prefix(1);
  }
}

void UrlParser::append_segment(std::string_view segment, bool is_last) {
  if (is_dot(segment) || is_double_dot(segment)) {
    if (is_double_dot(segment)) shorten_path();
    if (is_last) url_.path += '/';
    return;
  }
  const bool is_drive = url_.scheme == "file" && url_.path.empty() && is_drive_letter(segment);
  url_.path += '/';
  append_percent_encoded(url_.path, segment, PercentSet::path);
  if (is_drive) url_.path[2] = ':';
}

void UrlParser::shorten_path() {
  const bool is_only_a_drive = url_.path.size() == 3 && path_has_drive(url_.path);
  if ((url_.scheme == "file" && is_only_a_drive) || url_.path.empty()) return;
  url_.path.resize(url_.path.rfind('/'));
}

void UrlParser::parse_opaque_path() {
  url_.has_opaque_path = true;
  append_percent_encoded(url_.path, rest_, PercentSet::control);
  // A space before query or fragment would be lost if they were taken away.
  if (url_.path.ends_with(' ') && (query_ || fragment_))
    url_.path.replace(url_.path.size() - 1, 1, "%20");
}

void UrlParser::parse_query_and_fragment() {
  const PercentSet set = is_special_ ? PercentSet::special_query : PercentSet::query;
  if (query_) url_.query = percent_encode(*query_, set);
  if (fragment_) url_.fragment = percent_encode(*fragment_, PercentSet::fragment);
}

/// Without controls and spaces at the ends, and without tabs and ends of lines.
std::string cleaned(std::string_view text) {
  const auto is_outer = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_outer(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_outer(text.back())) text.remove_suffix(1);
  std::string clean = valid_utf8(text);
  std::erase_if(clean, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return clean;
}

/// How long the scheme at the front is, which a colon follows; 0 if there is none.
std::size_t scheme_octets(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return 0;
  const bool fits = std::ranges::all_of(text.substr(0, colon), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return fits ? colon : 0;
}

/// Takes a dot or `%2e` from the front.
bool take_dot(std::string_view& segment) {
  const std::size_t octets = segment.starts_with('.')                                ? 1
                             : ascii_lower(segment.substr(0, 3)).compare("%2e") == 0 ? 3
                                                                                     : 0;
  segment.remove_prefix(octets);
  return octets > 0;
}

bool is_dot(std::string_view segment) { return take_dot(segment) && segment.empty(); }
bool is_double_dot(std::string_view segment) {
  return take_dot(segment) && take_dot(segment) && segment.empty();
}

}  // namespace

}  // namespace bowline::wire
