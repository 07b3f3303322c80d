#include "core/websocket/masking.h"

#include <cstring>

namespace bowline::core {

void apply_mask(std::byte* to, std::span<const std::byte> from, const Mask& mask,
                std::uint64_t offset) {
  // Eight octets of the mask, turned to where this part of the payload begins.
  std::array<std::byte, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % 4];
  std::uint64_t word = 0;
  std::memcpy(&word, turned.data(), sizeof word);
  const std::byte* bytes = from.data();
  std::size_t left = from.size();
  constexpr std::size_t words = 8;  // at once: the compiler makes vectors of it
  for (; left >= sizeof(std::uint64_t) * words; left -= sizeof(std::uint64_t) * words) {
    std::array<std::uint64_t, words> block;
    std::memcpy(block.data(), bytes, sizeof block);
    for (std::uint64_t& each : block) each ^= word;
    std::memcpy(to, block.data(), sizeof block);
    bytes += sizeof block;
    to += sizeof block;
  }
  for (std::size_t i = 0; i < left; ++i) to[i] = bytes[i] ^ turned[i % 8];
}

}  // namespace bowline::core
