#pragma once

#include <cstddef>
#include <cstdint>

#include "ports/byte_stream.h"

namespace bowline::drive {

enum class Left : std::uint8_t { maybe_more, unread, nothing };

/// Reads what has come, and drops it; needs no memory.
///
/// returns  `maybe_more`: readiness will tell; `unread`: there was more than is read at once, of which nobody
///          will be told; `nothing`: the peer ended or broke off
[[nodiscard]] Left discard(ports::ByteStream& stream);

}  // namespace bowline::drive
