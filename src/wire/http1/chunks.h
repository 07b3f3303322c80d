#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/result.h>

namespace bowline::wire {

/// The size of a chunk from its line: hex digits, and extensions that are checked and dropped, which take
/// from `extension_budget`.
///
/// errors    malformed (400); limit_exceeded (400) once the extensions of a message are too many
/// source    RFC 9112 section 7.1
[[nodiscard]] Result<std::uint64_t> read_chunk_size(std::string_view line,
                                                    std::size_t& extension_budget);

/// The line in front of a chunk of that many octets, at least one. A CR and LF go behind it.
[[nodiscard]] std::string chunk_line(std::uint64_t size);

}  // namespace bowline::wire
