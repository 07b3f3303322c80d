#include "wire/http1/head.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/escape.h"
#include "wire/http/characters.h"
#include "wire/http1/line_reader.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

Result<HttpVersion> read_version(std::string_view text);
Result<void> read_target(std::string_view target, RequestHead& into);
Result<void> read_absolute_target(std::string_view target, RequestHead& into);

}  // namespace

Result<void> read_request_line(std::string_view line, RequestHead& into) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad_http1(400, "a request line has a method, a target and a version");
  into.method = line.substr(0, first);
  if (!is_http_token(into.method)) return bad_http1(400, "the method is no token");
  BOWLINE_TRY(into.version, read_version(line.substr(last + 1)));
  return read_target(line.substr(first + 1, last - first - 1), into);
}

Result<void> read_status_line(std::string_view line, ResponseHead& into) {
  BOWLINE_TRY(into.version, read_version(line.substr(0, line.find(' '))));
  constexpr std::size_t version_octets = 8;
  const std::string_view digits = line.substr(std::min(line.size(), version_octets + 1), 3);
  if (digits.size() < 3 || !std::ranges::all_of(digits, is_digit))
    return bad_http1(400, "a status has three digits");
  into.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  if (into.status < 100) return bad_http1(400, "a status is 100 at least");
  const std::string_view rest = line.substr(version_octets + 4);
  if (!rest.empty() && rest[0] != ' ') return bad_http1(400, "a status has three digits");
  if (!is_http_value(rest)) return bad_http1(400, "the reason holds a control character");
  into.reason = rest.empty() ? rest : rest.substr(1);
  return {};
}

Result<void> read_field_line(std::string_view line, std::size_t fields_max, HttpFields& into) {
  if (line[0] == ' ' || line[0] == '\t') return bad_http1(400, "a line continues the one before");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad_http1(400, "a field has no colon");
  if (into.size() == fields_max) return too_much_http1(431, "too many fields");
  const auto added = into.add(line.substr(0, colon), line.substr(colon + 1));
  if (added.has_value()) return {};
  return bad_http1(400, added.error().message()).about(escape(line.substr(0, colon), 256));
}

Result<void> finish_request_head(RequestHead& head) {
  const auto hosts = head.fields.all("Host");
  if (hosts.size() > 1) return bad_http1(400, "two Host fields");
  if (hosts.empty() && head.version == HttpVersion::http1_1)
    return bad_http1(400, "a request has no Host field");
  if (!hosts.empty() && !hosts[0].empty() && !is_authority(hosts[0]))
    return bad_http1(400, "the Host field is no host");
  // RFC 9112 3.2.2: where the target names a host, that one counts.
  if (!hosts.empty() && head.authority.empty()) head.authority = hosts[0];
  if (head.fields.has_member("Connection", "upgrade") && head.version == HttpVersion::http1_1)
    head.protocol = head.fields.combined("Upgrade");
  return {};
}

namespace {

Result<HttpVersion> read_version(std::string_view text) {
  const bool is_version = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                          text[6] == '.' && is_digit(text[7]);
  if (!is_version) return bad_http1(400, "this is no version of HTTP");
  if (text[5] != '1')
    return Error(ErrorKind::unsupported, ErrorDomain::http, 505, "parse http",
                 "only HTTP/1 is spoken here");
  // RFC 9110 2.5: a higher minor version is read as the highest that we know.
  return text[7] == '0' ? HttpVersion::http1_0 : HttpVersion::http1_1;
}

Result<void> read_target(std::string_view target, RequestHead& into) {
  if (!is_http_target(target)) return bad_http1(400, "the target holds a character that it cannot");
  into.scheme.clear();
  into.authority.clear();
  into.path.clear();
  if (into.is_connect()) {
    const std::size_t colon = target.rfind(':');
    const bool has_port = colon != std::string_view::npos && colon > 0 && colon + 1 < target.size();
    if (!is_authority(target) || !has_port ||
        !std::ranges::all_of(target.substr(colon + 1), is_digit))
      return bad_http1(400, "CONNECT needs a host and a port");
    into.authority = target;
    return {};
  }
  if (target.starts_with('/') || (target == "*" && into.method == "OPTIONS")) {
    into.path = target;
    return {};
  }
  return read_absolute_target(target, into);
}

/// `http://host/path`, as proxies get it.
Result<void> read_absolute_target(std::string_view target, RequestHead& into) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || !is_http_token(target.substr(0, colon)))
    return bad_http1(400, "the target is neither a path nor a URL");
  into.scheme = ascii_lower(target.substr(0, colon));
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  into.authority = rest.substr(0, end);
  // RFC 9110 4.2.4: a user in front of the host is an error.
  if (!is_authority(into.authority)) return bad_http1(400, "the target's host is none");
  into.path = rest.substr(end);
  if (!into.path.starts_with('/'))
    into.path.insert(0, into.method == "OPTIONS" && into.path.empty() ? "*" : "/");
  return {};
}

}  // namespace

}  // namespace bowline::wire
