#include "base/random.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace bowline {
namespace {

TEST(SeededRandom, gives_the_published_sequence_of_its_generator) {
  // SplitMix64 with seed 1234567, from the published test vector of its reference code.
  SeededRandom random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(SeededRandom, repeats_itself_by_seed) {
  std::array<std::byte, 21> a{}, b{}, c{};
  SeededRandom(7).fill(a);
  SeededRandom(7).fill(b);
  SeededRandom(8).fill(c);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(Random, below_stays_below_and_reaches_all) {
  SeededRandom random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen[random.below(6)];
  for (const int count : seen) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1150);
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
}

// Gives the numbers it was told to, to reach the rare branch.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  void fill(std::span<std::byte> bytes) override {
    const auto number = std::as_bytes(std::span(&numbers_.at(index_++), 1));
    std::copy_n(number.begin(), bytes.size(), bytes.begin());
  }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t index_ = 0;
};

TEST(Random, below_draws_again_where_a_remainder_would_be_favoured) {
  // 2^64 = 6 * k + 4: the four lowest values have one partner too many.
  ScriptedRandom random({0, 3, 4});
  EXPECT_EQ(random.below(6), 4U);
}

}  // namespace
}  // namespace bowline
