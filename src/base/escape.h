#pragma once

#include <string>
#include <string_view>

namespace bowline {

/// Text from outside made safe for a terminal or a log line: control characters, broken UTF-8 and
/// bidirectional overrides become `\x1b` or `\u{202e}`; at most `bytes_max` bytes, then `...`.
///
/// Safe, not exact: a backslash stays one, so that escaping twice changes nothing and DNS names keep theirs.
[[nodiscard]] std::string escape(std::string_view text, std::size_t bytes_max = 1024);

}  // namespace bowline
