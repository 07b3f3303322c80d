#pragma once

namespace bowline::cli {

/// Where standard input, output or error is closed, opens something that fails whoever uses it: else the next
/// descriptor that the command needs for itself would be taken for it. First of all.
void occupy_standard_descriptors();

/// For whoever has just failed to write to standard output: true if it may try again. If somebody made that
/// non-blocking, this waits until there is room.
[[nodiscard]] bool may_write_again();

}  // namespace bowline::cli
