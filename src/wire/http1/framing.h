#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <bowline/result.h>

#include "wire/http/message.h"

namespace bowline::wire {

/// How the end of a body is found.
enum class BodyKind : std::uint8_t {
  none,
  fixed,        ///< by Content-Length
  chunked,      ///< by the last chunk
  until_close,  ///< responses only: by the end of the connection
  tunnel,       ///< what follows is another protocol
};

struct BodyFraming {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  ///< for fixed
  friend bool operator==(const BodyFraming&, const BodyFraming&) = default;
};

/// The number that Content-Length gives; nothing if there is no such field.
///
/// errors    malformed (400): twice, a list, a sign, another base, over 2^63 - 1
[[nodiscard]] Result<std::optional<std::uint64_t>> content_length(const HttpFields& fields);

/// Refuses what could be read in two ways: Transfer-Encoding beside Content-Length, in HTTP/1.0, twice, or
/// anything but `chunked`.
///
/// errors    malformed (400); unsupported (501) for another transfer coding
/// source    RFC 9112 section 6
[[nodiscard]] Result<BodyFraming> request_framing(const RequestHead& head);
/// `method` is that of the request: responses to HEAD have no body, whatever they say; 2xx to CONNECT and 101
/// begin a tunnel.
[[nodiscard]] Result<BodyFraming> response_framing(const ResponseHead& head,
                                                   std::string_view method);

/// The sender keeps the connection for another message, as far as this one says. RFC 9112 9.3.
[[nodiscard]] bool keeps_alive(HttpVersion version, const HttpFields& fields);

}  // namespace bowline::wire
