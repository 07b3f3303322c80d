#pragma once

#include <cstddef>
#include <string_view>

#include <bowline/result.h>

#include "wire/http/message.h"

namespace bowline::wire {

/// `GET /a?b HTTP/1.1`; fills method, scheme, authority, path and version.
///
/// errors    malformed (400); unsupported (505) for another major version
/// source    RFC 9112 section 3
[[nodiscard]] Result<void> read_request_line(std::string_view line, RequestHead& into);
/// `HTTP/1.1 200 OK`, the reason and the space before it may be missing.
///
/// source    RFC 9112 section 4
[[nodiscard]] Result<void> read_status_line(std::string_view line, ResponseHead& into);
/// `Name: value`. A line that begins with a blank would continue the one before (obs-fold): refused.
///
/// errors    malformed (400); limit_exceeded (431) beyond `fields_max`
/// source    RFC 9112 section 5
[[nodiscard]] Result<void> read_field_line(std::string_view line, std::size_t fields_max,
                                           HttpFields& into);
/// What a request needs once its fields are known: exactly one Host in HTTP/1.1, which gives the authority
/// unless the target had one, and the protocol that Upgrade asks for. RFC 9112 3.2, RFC 9110 7.8.
[[nodiscard]] Result<void> finish_request_head(RequestHead& head);

}  // namespace bowline::wire
