#include "cli/web/qr_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace bowline::cli {
namespace {

Style drawing(std::size_t columns = 80) {
  Style style;
  style.pictures = style.unicode = true;
  style.columns = columns;
  return style;
}

TEST(QrCode, has_its_three_finders_and_its_edge) {
  const auto picture = draw_qr_code("https://192.0.2.1:8443/", drawing());
  ASSERT_TRUE(picture.has_value());
  // 25 modules and an edge of two: version 2, 29 characters in 15 lines.
  EXPECT_EQ(std::ranges::count(*picture, '\n'), 15);
  EXPECT_TRUE(picture->starts_with("█████████████████████████████\n"));
  EXPECT_NE(picture->find("██ ▄▄▄▄▄ █"), std::string::npos);
}

TEST(QrCode, is_not_drawn_where_nobody_could_read_it) {
  EXPECT_FALSE(draw_qr_code("https://192.0.2.1:8443/", drawing(20)).has_value());
  EXPECT_FALSE(draw_qr_code(std::string(5000, 'x'), drawing()).has_value());
  EXPECT_FALSE(draw_qr_code("https://192.0.2.1/", Style()).has_value());
}

TEST(QrCode, says_its_colours_where_there_are_some) {
  Style style = drawing();
  style.colours = true;
  const auto picture = draw_qr_code("https://192.0.2.1:8443/", style);
  ASSERT_TRUE(picture.has_value());
  EXPECT_TRUE(picture->starts_with("\x1b[97;40m"));
  EXPECT_TRUE(picture->ends_with("\x1b[0m\n"));
}

}  // namespace
}  // namespace bowline::cli
