#pragma once

#include <bowline/trust.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace bowline::core {

/// Keys that are strong enough.
struct KeyFloor {
  std::size_t rsa_bits_min = 2048;
  std::size_t curve_bits_min = 256;
};

struct PathRules {
  std::chrono::sys_seconds now;
  bool peer_is_server = true;
  KeyFloor keys;
  std::size_t rsa_bits_max = 8192;
  std::size_t exponent_bits_max = 32;
};

/// What is wrong with a path, apart from names and signatures: dates, who may sign, for what, how far down,
/// with what keys. All of it, not only the first thing.
///
/// `path`       the leaf first
/// `has_root`   the last one is trusted by itself: what signed it does not matter
/// source       RFC 5280 section 6.1, and RFC 5280 section 4.2.1.12 for purposes of authorities
[[nodiscard]] std::vector<TrustProblem> check_path(std::span<const Certificate> path, bool has_root,
                                                   const PathRules& rules);

/// "2026-11-30 09:15:00 UTC"
[[nodiscard]] std::string to_text(std::chrono::sys_seconds time);

}  // namespace bowline::core
