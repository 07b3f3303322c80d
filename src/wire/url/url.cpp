#include <bowline/url.h>

#include <utility>

#include "base/escape.h"
#include "wire/url/percent.h"
#include "wire/url/record.h"

namespace bowline {

namespace {

Error no_such_scheme(std::string_view scheme) {
  return Error(ErrorKind::invalid_argument, "url", "only http, https, ws and wss can be exchanged")
      .about(escape(scheme, 64));
}
bool is_exchangeable(std::string_view scheme) {
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss";
}
PercentSet query_set(bool is_special) {
  return is_special ? PercentSet::special_query : PercentSet::query;
}

}  // namespace

Url::Url() : text_("about:"), scheme_end_(5), path_begin_(6), has_opaque_path_(true) {
  text_ += "blank";
}

Result<Url> Url::parse(std::string_view text) {
  BOWLINE_TRY(const UrlRecord record, wire::parse_url(text, nullptr));
  return UrlWriter::write(record);
}

Result<Url> Url::resolve(std::string_view reference) const {
  const UrlRecord base = UrlWriter::read(*this);
  BOWLINE_TRY(const UrlRecord record, wire::parse_url(reference, &base));
  return UrlWriter::write(record);
}

bool Url::is_special() const { return wire::special_scheme(scheme()) != nullptr; }
bool UrlRecord::is_special() const { return wire::special_scheme(scheme) != nullptr; }

std::string_view Url::password() const {
  // Behind the name stand `:password@`, `@`, or the host.
  if (username_end_ >= host_begin_ || text_[username_end_] != ':') return {};
  return part(username_end_ + 1, host_begin_ - 1);
}

bool Url::has_credentials() const { return host_begin_ > username_begin_; }

std::optional<std::uint16_t> Url::effective_port() const {
  if (port_) return port_;
  const wire::SpecialScheme* special = wire::special_scheme(scheme());
  return special != nullptr ? special->port : std::nullopt;
}

std::size_t Url::path_end() const {
  if (query_begin_ != 0) return query_begin_;
  return fragment_begin_ != 0 ? fragment_begin_ : text_.size();
}

std::string_view Url::path() const { return part(path_begin_, path_end()); }

std::optional<std::string_view> Url::query() const {
  if (query_begin_ == 0) return std::nullopt;
  return part(query_begin_ + 1, fragment_begin_ != 0 ? fragment_begin_ : text_.size());
}

std::optional<std::string_view> Url::fragment() const {
  if (fragment_begin_ == 0) return std::nullopt;
  return part(fragment_begin_ + 1, text_.size());
}

std::string_view Url::target() const {
  return part(path_begin_, fragment_begin_ != 0 ? fragment_begin_ : text_.size());
}

std::string_view Url::authority() const {
  // A port is never followed by the "/." that keeps a path from being read as a host.
  return has_host_ ? part(host_begin_, path_begin_) : std::string_view();
}

std::string Url::origin() const {
  if (scheme() == "blob") {
    const auto inner = parse(path());
    const bool is_web =
        inner.has_value() && (inner->scheme() == "http" || inner->scheme() == "https");
    return is_web ? inner->origin() : "null";
  }
  if (!is_special() || scheme() == "file") return "null";
  return std::string(scheme()) + "://" + std::string(authority());
}

bool Url::has_origin_of(const Url& other) const {
  const std::string own = origin();
  return own != "null" && own == other.origin();
}

Url Url::with_query(std::optional<std::string_view> query) const {
  UrlRecord record = UrlWriter::read(*this);
  record.query.reset();
  if (query) record.query = percent_encode(wire::valid_utf8(*query), query_set(is_special()));
  return UrlWriter::write(record);
}

Url Url::with_fragment(std::optional<std::string_view> fragment) const {
  UrlRecord record = UrlWriter::read(*this);
  record.fragment.reset();
  if (fragment) record.fragment = percent_encode(wire::valid_utf8(*fragment), PercentSet::fragment);
  return UrlWriter::write(record);
}

Url Url::with_credentials(std::string_view username, std::string_view password) const {
  if (host().empty() || scheme() == "file") return *this;
  UrlRecord record = UrlWriter::read(*this);
  record.username = percent_encode(wire::valid_utf8(username), PercentSet::userinfo);
  record.password = percent_encode(wire::valid_utf8(password), PercentSet::userinfo);
  return UrlWriter::write(record);
}

Result<Url> Url::with_scheme(std::string_view scheme_wanted) const {
  if (!is_exchangeable(scheme_wanted)) return no_such_scheme(scheme_wanted);
  if (!is_exchangeable(scheme())) return no_such_scheme(scheme());
  UrlRecord record = UrlWriter::read(*this);
  record.scheme = scheme_wanted;
  if (record.port == wire::special_scheme(scheme_wanted)->port) record.port.reset();
  return UrlWriter::write(record);
}

std::string to_string(const Url& url) { return url.text(); }

Url UrlWriter::write(const UrlRecord& record) {
  Url url;
  std::string& text = url.text_;
  const auto here = [&text] { return static_cast<std::uint32_t>(text.size()); };
  text = record.scheme;
  url.scheme_end_ = here();
  text += record.host ? "://" : ":";
  url.username_begin_ = here();
  text += record.username;
  url.username_end_ = here();
  if (!record.password.empty()) (text += ':') += record.password;
  if (here() > url.username_begin_) text += '@';
  url.host_begin_ = here();
  if (record.host) text += *record.host;
  url.host_end_ = here();
  if (record.port) (text += ':') += std::to_string(*record.port);
  url.port_ = record.port;
  url.has_host_ = record.host.has_value();
  url.address_ = record.address;
  // Without a host, a path that begins with two slashes would be read as one.
  if (!record.host && !record.has_opaque_path && record.path.starts_with("//")) text += "/.";
  url.path_begin_ = here();
  text += record.path;
  url.has_opaque_path_ = record.has_opaque_path;
  url.query_begin_ = record.query ? here() : 0;
  if (record.query) (text += '?') += *record.query;
  url.fragment_begin_ = record.fragment ? here() : 0;
  if (record.fragment) (text += '#') += *record.fragment;
  return url;
}

UrlRecord UrlWriter::read(const Url& url) {
  UrlRecord record;
  record.scheme = url.scheme();
  record.username = url.username();
  record.password = url.password();
  if (url.has_host()) record.host = url.host();
  record.address = url.address();
  record.port = url.port();
  record.path = url.path();
  record.has_opaque_path = url.has_opaque_path();
  record.query = url.query();
  record.fragment = url.fragment();
  return record;
}

}  // namespace bowline
