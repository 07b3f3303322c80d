#include "wire/http/message.h"

#include <algorithm>
#include <span>

#include "base/escape.h"
#include "wire/http/characters.h"

namespace bowline::wire {

namespace {

Error unfit(const char* rule, std::string_view subject) {
  return Error(ErrorKind::invalid_argument, "write http message", rule).about(escape(subject, 256));
}
Result<void> check_no_hop_fields(const HttpFields& fields);
bool is_listed(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [name](std::string_view listed) { return equal_without_case(name, listed); });
}

}  // namespace

std::string_view to_string(HttpVersion version) {
  switch (version) {
    case HttpVersion::http1_0: return "HTTP/1.0";
    case HttpVersion::http1_1: return "HTTP/1.1";
    case HttpVersion::http2: return "HTTP/2";
    case HttpVersion::http3: return "HTTP/3";
  }
  return "HTTP";
}

bool is_hop_field(std::string_view name) {
  static constexpr std::string_view names[] = {
      "Connection",       "Content-Length",    "Host",   "HTTP2-Settings", "Keep-Alive",
      "Proxy-Connection", "Transfer-Encoding", "Upgrade"};
  return is_listed(name, names);
}

bool is_authority(std::string_view text) {
  return is_http_target(text) && text.find_first_of("/?@\\") == std::string_view::npos;
}

Result<void> check_request(const RequestHead& head) {
  if (!is_http_token(head.method)) return unfit("the method is no token", head.method);
  if (!head.scheme.empty() && !is_http_token(head.scheme))
    return unfit("the scheme is no token", head.scheme);
  if (!is_authority(head.authority)) return unfit("the authority is no host", head.authority);
  if (!head.protocol.empty() && !is_http_token(head.protocol))
    return unfit("the protocol is no token", head.protocol);
  const bool has_path =
      head.path.starts_with('/') || (head.path == "*" && head.method == "OPTIONS");
  if (head.is_connect() && head.protocol.empty() ? !head.path.empty()
                                                 : !has_path || !is_http_target(head.path))
    return unfit("the path does not fit the method", head.path);
  return check_no_hop_fields(head.fields);
}

Result<void> check_response(const ResponseHead& head) {
  if (head.status < 100 || head.status > 999)
    return unfit("a status has three digits", std::to_string(head.status));
  if (!is_http_value(head.reason))
    return unfit("the reason holds a control character", head.reason);
  return check_no_hop_fields(head.fields);
}

Result<void> check_trailers(const HttpFields& trailers) {
  static constexpr std::string_view not_in_trailers[] = {
      "Authorization", "Cache-Control",   "Content-Encoding", "Content-Range",
      "Content-Type",  "Cookie",          "Expect",           "Location",
      "Max-Forwards",  "Range",           "Set-Cookie",       "TE",
      "Trailer",       "WWW-Authenticate"};
  for (const HttpField field : trailers)
    if (is_listed(field.name, not_in_trailers))
      return unfit("the field has to stand before the body", field.name);
  return check_no_hop_fields(trailers);
}

namespace {

Result<void> check_no_hop_fields(const HttpFields& fields) {
  for (const HttpField field : fields) {
    if (is_hop_field(field.name)) return unfit("the field is not the caller's to set", field.name);
    if (equal_without_case(field.name, "TE") && !equal_without_case(field.value, "trailers"))
      return unfit("TE can only say that trailers are welcome", field.name);
  }
  return {};
}

}  // namespace

}  // namespace bowline::wire
