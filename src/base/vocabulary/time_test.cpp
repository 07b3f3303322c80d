#include <bowline/time.h>

#include <gtest/gtest.h>

namespace bowline {
namespace {

using namespace std::chrono_literals;

TEST(Time, formats_milliseconds_with_three_decimals_cut_off) {
  EXPECT_EQ(format_ms(0ns), "0.000");
  EXPECT_EQ(format_ms(12345us), "12.345");
  EXPECT_EQ(format_ms(1'999'999ns), "1.999");
  EXPECT_EQ(format_ms(7us), "0.007");
  EXPECT_EQ(format_ms(3h), "10800000.000");
  EXPECT_EQ(format_ms(-1500us), "-1.500");
  EXPECT_EQ(format_ms(-1ns), "0.000");
  EXPECT_EQ(format_ms(Duration::min()), "-9223372036854.775");
}

TEST(Time, shows_the_unit_that_fits) {
  EXPECT_EQ(to_string(Duration(0)), "0 s");
  EXPECT_EQ(to_string(Duration(17ns)), "17 ns");
  EXPECT_EQ(to_string(Duration(12us)), "12 us");
  EXPECT_EQ(to_string(Duration(1500ns)), "1.5 us");
  EXPECT_EQ(to_string(Duration(250ms)), "250 ms");
  EXPECT_EQ(to_string(Duration(1500ms)), "1.5 s");
  EXPECT_EQ(to_string(Duration(999'999'999ns)), "999.999 ms");
  EXPECT_EQ(to_string(Duration(60s)), "1 min");
  EXPECT_EQ(to_string(Duration(61s)), "61 s");
  EXPECT_EQ(to_string(Duration(24h)), "24 h");
  EXPECT_EQ(to_string(Duration(-10ms)), "-10 ms");
}

}  // namespace
}  // namespace bowline
