#pragma once

#include <bowline/export.h>
#include <bowline/result.h>

#include <cstddef>
#include <span>

namespace BOWLINE_API bowline {

/// Is this one well-formed CBOR item and nothing more? So that a reader which trusts its input may have it.
///
/// depth_max how deep arrays, maps and tags may lie inside each other
/// errors    malformed; limit_exceeded for the depth
/// source    RFC 8949 section 3, appendix C
[[nodiscard]] Result<void> check_cbor(std::span<const std::byte> bytes, std::size_t depth_max = 64);

}  // namespace BOWLINE_API bowline
