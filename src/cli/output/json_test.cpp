#include "cli/output/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bowline::cli {
namespace {

std::string text_of(std::string_view value) {
  Json json;
  json.value(value);
  return json.text();
}

TEST(Json, writes_every_kind_of_value) {
  Json json;
  json.object([&] {
    json.field("text", "a");
    json.field("number", 7U);
    json.field("negative", -7);
    json.field("yes", true);
    json.field("nothing", nullptr);
    json.field("time", Duration(std::chrono::microseconds(12'300)));
    json.field("maybe", std::optional<int>());
    json.list("list", std::vector<int>{1, 2}, [&](int value) { json.value(value); });
    json.list("empty", std::vector<int>{}, [&](int value) { json.value(value); });
    json.name("object");
    json.object([] {});
  });
  EXPECT_EQ(
      json.text(),
      R"({"text": "a", "number": 7, "negative": -7, "yes": true, "nothing": null, "time": 12.300, )"
      R"("maybe": null, "list": [1, 2], "empty": [], "object": {}})");
}

TEST(Json, keeps_text_ascii_and_free_of_control_characters) {
  EXPECT_EQ(text_of("a\"b\\c\n"), R"("a\"b\\c\n")");
  EXPECT_EQ(text_of("\x1b[31m\x7f"), R"("\u001b[31m\u007f")");
  EXPECT_EQ(text_of("é€"), R"("\u00e9\u20ac")");
  EXPECT_EQ(text_of("\U0001f600"), R"("\ud83d\ude00")");
  EXPECT_EQ(text_of("\xe2\x80\xae"), R"("\u202e")");
}

TEST(Json, replaces_bytes_that_are_no_utf8) {
  EXPECT_EQ(text_of("\xff|\xc0\x80|\xed\xa0\x80|\xe2\x82"),
            R"("\ufffd|\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd")");
}

TEST(Json, any_bytes_make_a_text_that_another_reader_accepts) {
  std::string bytes;
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; second += 5)
      bytes += {static_cast<char>(first), static_cast<char>(second)};
  const auto read = nlohmann::json::parse(text_of(bytes));
  EXPECT_TRUE(read.is_string());
}

}  // namespace
}  // namespace bowline::cli
