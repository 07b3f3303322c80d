#pragma once

#include <cstdint>

namespace bowline {

/// SplitMix64's mixer (Steele, Lea, Flood 2014): each bit of `value` changes about half of the result's.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace bowline
