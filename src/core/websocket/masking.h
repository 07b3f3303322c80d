#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bowline::core {

using Mask = std::array<std::byte, 4>;

/// Octet i of the payload is combined with octet i modulo 4 of the mask, which also undoes it: RFC 6455
/// section 5.3. Writes `from.size()` octets at `to`, which is `from.data()` or does not overlap.
///
/// offset    of `from` in the payload
void apply_mask(std::byte* to, std::span<const std::byte> from, const Mask& mask,
                std::uint64_t offset);

}  // namespace bowline::core
