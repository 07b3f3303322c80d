#include "core/http/http2/head_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "wire/url/percent.h"

namespace bowline::core {

namespace {

bool is_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 5> secrets{
      "authorization", "cookie", "set-cookie", "proxy-authorization", "www-authenticate"};
  return std::ranges::find(secrets, name) != secrets.end();
}

std::uint8_t* octets_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

}  // namespace

Http2Head::Http2Head(const wire::RequestHead& head, const HttpConnection::RequestForm& form) {
  const bool has_path = !head.is_connect() || !head.protocol.empty();
  add(":method", head.protocol.empty() ? std::string_view(head.method) : "CONNECT");
  if (!head.protocol.empty()) add(":protocol", head.protocol);
  if (has_path) add(":scheme", head.scheme.empty() ? "https" : std::string_view(head.scheme));
  add(":authority", head.authority);
  if (has_path) add(":path", head.path);
  add_all(head.fields);
  const std::string priority = to_string(form.priority);
  if (!priority.empty() && !head.fields.contains("Priority")) add("priority", priority);
  if (form.expects_continue && !head.fields.contains("Expect")) add("expect", "100-continue");
  const bool is_known = !form.body.is_unknown() && !form.body.is_none();
  if (is_known) add("content-length", std::to_string(form.body.octets()));
}

Http2Head::Http2Head(const wire::ResponseHead& head, HttpBodySize body, bool has_length) {
  add(":status", std::to_string(head.status));
  add_all(head.fields);
  if (has_length && !body.is_unknown() && !body.is_none())
    add("content-length", std::to_string(body.octets()));
}

Http2Head::Http2Head(const HttpFields& trailers) { add_all(trailers); }

const std::vector<nghttp2_nv>& Http2Head::pairs() {
  pairs_.clear();
  for (auto& [name, value] : fields_)
    pairs_.push_back({octets_of(name), octets_of(value), name.size(), value.size(),
                      static_cast<std::uint8_t>(is_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX
                                                                : NGHTTP2_NV_FLAG_NONE)});
  return pairs_;
}

void Http2Head::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
}

void Http2Head::add_all(const HttpFields& fields) {
  for (const HttpField field : fields) add(wire::ascii_lower(field.name), field.value);
}

bool take_field(wire::RequestHead& into, std::string_view name, std::string_view value) {
  if (!name.starts_with(':')) {
    // RFC 9113 8.2.3: cookies may come in pieces. RFC 9113 8.3.1: a Host field stands in for :authority.
    if (name == "host" && into.authority.empty()) into.authority = value;
    return name == "host" || into.fields.add(name, value).has_value();
  }
  if (name == ":method") into.method = value;
  if (name == ":scheme") into.scheme = value;
  if (name == ":authority") into.authority = value;
  if (name == ":path") into.path = value;
  if (name == ":protocol") into.protocol = value;
  return true;
}

bool take_field(wire::ResponseHead& into, std::string_view name, std::string_view value) {
  if (name != ":status") return into.fields.add(name, value).has_value();
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), into.status);
  return error == std::errc() && end == value.data() + value.size() && into.status >= 100 &&
         into.status <= 999;
}

}  // namespace bowline::core
