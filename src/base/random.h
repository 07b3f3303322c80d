#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bowline {

/// Chance, handed in from outside: the kernel's in the real world, a seeded one in the simulator.
class Random {
 public:
  virtual ~Random() = default;

  /// Fills `bytes` with bytes fit for cryptography (outside the simulator); never fails.
  virtual void fill(std::span<std::byte> bytes) = 0;

  /// Uniform over all 64-bit values.
  [[nodiscard]] std::uint64_t next();
  /// Uniform over [0, bound); `bound` is at least 1. No modulo bias.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

/// A seeded generator for tests and the simulator: the same seed gives the same sequence everywhere.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::uint64_t state_;
};

}  // namespace bowline
