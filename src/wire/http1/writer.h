#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "wire/http/message.h"
#include "wire/http1/framing.h"

namespace bowline::wire {

struct Http1RequestForm {
  /// Of the body: none, fixed or chunked.
  BodyFraming framing = {};
  /// The whole URL as target, as a proxy wants it for http. RFC 9112 3.2.2.
  bool is_absolute = false;
  bool closes = false;  ///< no request follows
};

/// A head and the empty line behind it, appended to `into`; Host, Content-Length, Transfer-Encoding,
/// Connection and Upgrade are written here and are never among the fields. A body of no octets is said for
/// methods that usually have one (RFC 9110 8.6). Nothing is appended on an error.
///
/// errors    invalid_argument about the part: what check_request refuses
[[nodiscard]] Result<void> write_request_head(std::string& into, const RequestHead& head,
                                              const Http1RequestForm& form);

struct Http1ResponseForm {
  BodyFraming framing = {};
  bool is_answer_to_head = false;  ///< the framing is told, but no body follows
  bool closes = false;
  std::string_view upgrade = {};  ///< with status 101: what is spoken now
  /// What the client speaks: to HTTP/1.0, keeping the connection is said, and nothing is chunked.
  HttpVersion peer = HttpVersion::http1_1;
};
[[nodiscard]] Result<void> write_response_head(std::string& into, const ResponseHead& head,
                                               const Http1ResponseForm& form);

/// The last chunk, trailers, and the end of the message.
[[nodiscard]] Result<void> write_last_chunk(std::string& into, const HttpFields& trailers);

/// The phrase that people expect behind a status; empty for unknown ones. RFC 9110 section 15.
[[nodiscard]] std::string_view reason_of(int status);

}  // namespace bowline::wire
