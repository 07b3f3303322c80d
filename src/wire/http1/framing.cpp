#include "wire/http1/framing.h"

#include <algorithm>
#include <limits>
#include <string>

#include "wire/http/characters.h"
#include "wire/http1/line_reader.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

/// True if the body is chunked, false without Transfer-Encoding.
Result<bool> is_chunked(HttpVersion version, const HttpFields& fields);
Result<BodyFraming> framing_of(HttpVersion version, const HttpFields& fields, BodyKind otherwise);

}  // namespace

Result<std::optional<std::uint64_t>> content_length(const HttpFields& fields) {
  const auto values = fields.all("Content-Length");
  if (values.empty()) return std::optional<std::uint64_t>();
  if (values.size() > 1) return bad_http1(400, "two Content-Length fields");
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t value = 0;
  for (const char c : values[0]) {
    if (!is_digit(c)) return bad_http1(400, "Content-Length is no plain number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (most - digit) / 10) return bad_http1(400, "Content-Length is too large");
    value = value * 10 + digit;
  }
  if (values[0].empty()) return bad_http1(400, "Content-Length is empty");
  return std::optional(value);
}

Result<BodyFraming> request_framing(const RequestHead& head) {
  BOWLINE_TRY(const BodyFraming framing, framing_of(head.version, head.fields, BodyKind::none));
  if (!head.is_connect()) return framing;
  // RFC 9110 9.3.6: content of CONNECT has no meaning, and would be read as the tunnel's first octets.
  if (framing.kind != BodyKind::none && framing.length > 0)
    return bad_http1(400, "CONNECT has no body");
  if (framing.kind == BodyKind::chunked) return bad_http1(400, "CONNECT has no body");
  return BodyFraming{BodyKind::tunnel};
}

Result<BodyFraming> response_framing(const ResponseHead& head, std::string_view method) {
  const bool is_success = head.status >= 200 && head.status < 300;
  const bool is_informational = head.status < 200;
  // RFC 9110 9.3.6: whatever it says of a body is ignored.
  if (method == "CONNECT" && is_success) return BodyFraming{BodyKind::tunnel};
  if (is_informational || head.status == 204) {
    // RFC 9112 6.1 and RFC 9110 8.6 forbid both here; a length of zero is common, and changes nothing.
    BOWLINE_TRY(const auto length, content_length(head.fields));
    if (head.fields.contains("Transfer-Encoding") || length.value_or(0) > 0)
      return bad_http1(400, "a response without a body says how long its body is");
    return BodyFraming{head.status == 101 ? BodyKind::tunnel : BodyKind::none};
  }
  BOWLINE_TRY(const BodyFraming framing,
              framing_of(head.version, head.fields, BodyKind::until_close));
  if (method == "HEAD" || head.status == 304) return BodyFraming{};
  return framing;
}

bool keeps_alive(HttpVersion version, const HttpFields& fields) {
  if (fields.has_member("Connection", "close")) return false;
  return version == HttpVersion::http1_1 || fields.has_member("Connection", "keep-alive");
}

namespace {

Result<BodyFraming> framing_of(HttpVersion version, const HttpFields& fields, BodyKind otherwise) {
  BOWLINE_TRY(const bool chunked, is_chunked(version, fields));
  BOWLINE_TRY(const auto length, content_length(fields));
  if (chunked && length) return bad_http1(400, "both Transfer-Encoding and Content-Length");
  if (chunked) return BodyFraming{BodyKind::chunked};
  if (!length) return BodyFraming{otherwise};
  return *length > 0 ? BodyFraming{BodyKind::fixed, *length} : BodyFraming{};
}

Result<bool> is_chunked(HttpVersion version, const HttpFields& fields) {
  const auto values = fields.all("Transfer-Encoding");
  if (values.empty()) return false;
  if (version == HttpVersion::http1_0) return bad_http1(400, "Transfer-Encoding in HTTP/1.0");
  if (values.size() > 1) return bad_http1(400, "two Transfer-Encoding fields");
  if (equal_without_case(values[0], "chunked")) return true;
  if (ascii_lower(values[0]).contains("chunked") || values[0].empty())
    return bad_http1(400, "Transfer-Encoding is not exactly chunked");
  return Error(ErrorKind::unsupported, ErrorDomain::http, 501, "parse http",
               "the only transfer coding known is chunked");
}

}  // namespace

}  // namespace bowline::wire
