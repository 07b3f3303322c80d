#include "wire/structured_fields/structured.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "wire/structured_fields/base64.h"

namespace bowline::wire {
namespace {

using testing::HasSubstr;

StructuredBytes octets(std::string_view text) {
  const auto bytes = as_bytes(text);
  return {{bytes.begin(), bytes.end()}};
}

TEST(StructuredFields, items_of_every_type_are_read_and_written) {
  const std::pair<std::string_view, BareItem> rows[] = {
      {"42", std::int64_t{42}},
      {"-999999999999999", std::int64_t{-999'999'999'999'999}},
      {"-0.001", StructuredDecimal{-1}},
      {"123456789012.5", StructuredDecimal{123'456'789'012'500}},
      {"1.0", StructuredDecimal{1000}},
      {R"("a \"b\" \\")", std::string(R"(a "b" \)")},
      {R"("")", std::string()},
      {"*a/b:c!", StructuredToken{"*a/b:c!"}},
      {":aGVsbG8=:", octets("hello")},
      {"::", octets("")},
      {"?1", true},
      {"?0", false},
      {"@-1659578233", StructuredDate{-1'659'578'233}},
      {R"(%"f%c3%bc%25%22 x")", DisplayString{"f\xc3\xbc%\" x"}},
  };
  for (const auto& [text, value] : rows) {
    const auto item = parse_structured_item(text);
    ASSERT_TRUE(item.has_value()) << text << ": " << item.error().message();
    EXPECT_EQ(item->value, value) << text;
    EXPECT_EQ(write_structured(*item).value(), text);
  }
}

TEST(StructuredFields, other_spellings_are_written_in_the_one_form) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"  00042 ", "42"},
      {"-0", "0"},
      {"1.500", "1.5"},
      {"0.0", "0.0"},
      {":aGVsbG8:", ":aGVsbG8=:"},
      {":iZ==:", ":iQ==:"},
      {"a;  b=1;c;b=?1", "a;b;c"},
  };
  for (const auto& [text, one_form] : rows)
    EXPECT_EQ(write_structured(parse_structured_item(text).value()).value(), one_form) << text;
}

TEST(StructuredFields, lists_and_inner_lists) {
  const auto list = parse_structured_list(R"( a,"b";q=0.5 ,	( 1  2;x );y=?0, () )").value();
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(*value_as<StructuredToken>(&list[0]), StructuredToken{"a"});
  EXPECT_EQ(*find_key(std::get<StructuredItem>(list[1]).parameters, "q"),
            BareItem(StructuredDecimal{500}));
  EXPECT_EQ(std::get<InnerList>(list[2]).items.size(), 2U);
  EXPECT_EQ(write_structured(list).value(), R"(a, "b";q=0.5, (1 2;x);y=?0, ())");
  EXPECT_TRUE(parse_structured_list("").value().empty());
  EXPECT_EQ(write_structured(StructuredList()).value(), "");
}

TEST(StructuredFields, dictionaries_keep_the_last_value_in_the_first_place) {
  const auto dictionary = parse_structured_dictionary("a=1, b, c=(x y), a=?0;z, d;e=f").value();
  EXPECT_EQ(write_structured(dictionary).value(), "a=?0;z, b, c=(x y), d;e=f");
  EXPECT_EQ(*value_as<bool>(find_key(dictionary, "b")), true);
  EXPECT_EQ(value_as<bool>(find_key(dictionary, "c")), nullptr);
  EXPECT_EQ(value_as<std::int64_t>(find_key(dictionary, "b")), nullptr);
  EXPECT_EQ(value_as<bool>(find_key(dictionary, "nothing")), nullptr);
  EXPECT_TRUE(parse_structured_dictionary("  ").value().empty());
}

TEST(StructuredFields, what_is_wrong_is_said_with_the_offset) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "a value is missing at offset 0"},
      {"a b", "behind the value at offset 2"},
      {"1\t", "behind the value at offset 1"},
      {"1234567890123456", "15 digits"},
      {"1234567890123.1", "12 digits before"},
      {"1.", "1 to 3 behind"},
      {"1.1234", "1 to 3 behind"},
      {"-", "a number has digits"},
      {"-a", "a number has digits"},
      {"\"a", "not closed"},
      {"\"\\a\"", "a backslash stands"},
      {"\"\\", "a backslash stands"},
      {"\"\xc3\xa4\"", "printable ASCII"},
      {"\"\x7f\"", "printable ASCII"},
      {":YQ", "end with a colon"},
      {":Y:", "base64"},
      {":Y Q=:", "base64"},
      {":Y=Q:", "base64"},
      {":YQ===:", "base64"},
      {"?", "?0 or ?1"},
      {"?2", "?0 or ?1"},
      {"@1.5", "a date is an integer"},
      {"@", "a number has digits"},
      {"%a", "begins with a quote"},
      {"%\"%C3%A4\"", "lower-case hex"},
      {"%\"%c3\"", "UTF-8"},
      {"%\"%c", "lower-case hex"},
      {"%\"a", "not closed"},
      {"%\"\xc3\xa4\"", "printable ASCII"},
      {"=", "no value begins"},
      {"\xc3\xa4", "no value begins"},
      {"a;B", "a key begins"},
      {"a;", "a key begins"},
      {"a;b=", "a value is missing"},
  };
  for (const auto& [text, rule] : rows) {
    const auto item = parse_structured_item(text);
    ASSERT_FALSE(item.has_value()) << text;
    EXPECT_EQ(item.error().kind(), ErrorKind::malformed);
    EXPECT_THAT(item.error().message(), HasSubstr(rule)) << text;
  }
  for (const std::string_view text :
       {",", "a,", "a, ", "a,,b", "a b", "(a", "(a,b)", "(a\"b\")", "a\t"})
    EXPECT_FALSE(parse_structured_list(text).has_value()) << text;
  for (const std::string_view text : {"A", "a=", "a=1,", "a=1 b", "=", "a=(", "a,\t"})
    EXPECT_FALSE(parse_structured_dictionary(text).has_value()) << text;
}

TEST(StructuredFields, every_kind_of_part_has_a_limit) {
  const auto list_kind = [](std::string_view text, StructuredLimits limits) {
    const auto list = parse_structured_list(text, limits);
    return list.has_value() ? ErrorKind::internal : list.error().kind();
  };
  EXPECT_EQ(list_kind("1, 2", {.members_max = 2}), ErrorKind::internal);
  EXPECT_EQ(list_kind("1, 2, 3", {.members_max = 2}), ErrorKind::limit_exceeded);
  EXPECT_EQ(list_kind("(1 2 3)", {.items_max = 2}), ErrorKind::limit_exceeded);
  EXPECT_EQ(list_kind("1;a;b;c", {.parameters_max = 2}), ErrorKind::limit_exceeded);
  EXPECT_EQ(list_kind("1;a;b;a", {.parameters_max = 2}), ErrorKind::internal);
  EXPECT_EQ(list_kind("12345", {.text_bytes_max = 4}), ErrorKind::limit_exceeded);
  EXPECT_FALSE(parse_structured_dictionary("a, b, c", {.members_max = 2}).has_value());
}

TEST(StructuredFields, refuses_to_write_what_a_field_cannot_carry) {
  const BareItem rows[] = {std::int64_t{1'000'000'000'000'000},
                           StructuredDecimal{1'000'000'000'000'000},
                           std::string("\n"),
                           StructuredToken{""},
                           StructuredToken{"1a"},
                           StructuredToken{"a\r\nb: c"},
                           StructuredDate{1'000'000'000'000'000},
                           DisplayString{"\xff"}};
  for (const BareItem& value : rows)
    EXPECT_EQ(write_structured(StructuredItem{value}).error().kind(), ErrorKind::invalid_argument);
  const StructuredItem one{std::int64_t{1}};
  EXPECT_FALSE(write_structured(StructuredItem{true, {{"A", true}}}).has_value());
  EXPECT_FALSE(write_structured(StructuredDictionary{{"", one}}).has_value());
  EXPECT_FALSE(write_structured(StructuredDictionary{{"a b", one}}).has_value());
  EXPECT_FALSE(write_structured(StructuredList{InnerList{{one}, {{"?", true}}}}).has_value());
}

TEST(Base64, all_lengths_come_back) {
  std::string text;
  for (int length = 0; length < 70; ++length) {
    const auto decoded = base64_decode(base64_encode(as_bytes(text)));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(as_text(*decoded), text);
    text += static_cast<char>(length * 37);
  }
  EXPECT_EQ(base64_encode(as_bytes("foob")), "Zm9vYg==");
  EXPECT_EQ(base64_encode(as_bytes("\xff\xef")), "/+8=");
}

}  // namespace
}  // namespace bowline::wire
