#pragma once

namespace bowline::cli {

/// Where standard input, output or error is closed, opens something that fails whoever uses it: else the next
/// descriptor that the command needs for itself would be taken for it. First of all.
void occupy_standard_descriptors();

/// For whoever has just failed to read or write: true if it may try again, which is not before the descriptor
/// is ready, if somebody made it non-blocking.
///
/// events    as for poll(2)
[[nodiscard]] bool may_try_again(int descriptor, short events);

}  // namespace bowline::cli
