#include "cli/drop/qr_code.h"

#include <gtest/gtest.h>

#include <string>

#include "cli/drop/drop_files.h"

namespace bowline::cli {
namespace {

TEST(QrCode, has_its_patterns_where_readers_look_for_them) {
  const auto code = QrCode::of("https://192.168.178.20:43210/#123456");
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->size(), 29U);  // version 3
  for (const auto& [row, column] : {std::pair{3U, 3U}, {3U, 25U}, {25U, 3U}, {22U, 22U}})
    EXPECT_TRUE(code->is_dark(row, column));
  for (std::size_t i = 8; i < 21; ++i) EXPECT_EQ(code->is_dark(6, i), i % 2 == 0);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_FALSE(code->is_dark(7, i));
  EXPECT_TRUE(code->is_dark(21, 8));
}

TEST(QrCode, grows_with_its_text) {
  EXPECT_EQ(QrCode::of(std::string(17, 'x'))->size(), 21U);
  EXPECT_EQ(QrCode::of(std::string(18, 'x'))->size(), 25U);
  EXPECT_EQ(QrCode::of(std::string(106, 'x'))->size(), 37U);
  EXPECT_FALSE(QrCode::of(std::string(107, 'x')).has_value());
}

TEST(DropFiles, names_from_outside_stay_in_the_folder) {
  EXPECT_EQ(safe_file_name("picture.jpg"), "picture.jpg");
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\a\\b.txt"), "b.txt");
  EXPECT_EQ(safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name(".."), "file");
  EXPECT_EQ(safe_file_name("a\nb\x1b"), "ab");
  EXPECT_EQ(safe_file_name(std::string(300, 'x') + ".jpg").size(), 200U);
  EXPECT_TRUE(safe_file_name(std::string(300, 'x') + ".jpg").ends_with(".jpg"));
}

}  // namespace
}  // namespace bowline::cli
