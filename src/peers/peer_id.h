#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <bowline/trust.h>

namespace bowline::peers {

/// "K7QX-9F3D-2M4P-8WTA": 80 bits in groups of four, in letters and digits that cannot be mistaken.
[[nodiscard]] std::string peer_id_of(std::span<const std::byte> digest);
/// The same however it was typed: small letters, no dashes; empty if it is no id.
[[nodiscard]] std::string canonical_peer_id(std::string_view typed);

}  // namespace bowline::peers
