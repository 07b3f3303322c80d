#include "base/random.h"

#include <algorithm>
#include <cstring>

#include "base/mix.h"

namespace bowline {

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Values under `biased` would make the low remainders likelier; draw again.
  const std::uint64_t biased = (0 - bound) % bound;
  for (;;) {
    if (const std::uint64_t value = next(); value >= biased) return value % bound;
  }
}

void SeededRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t z = mix(state_ += 0x9e3779b97f4a7c15);  // SplitMix64
    const std::size_t count = std::min(bytes.size(), sizeof z);
    std::memcpy(bytes.data(), &z, count);
    bytes = bytes.subspan(count);
  }
}

}  // namespace bowline
