#include <gtest/gtest.h>
#include <bowline/security.h>

#include <cstdio>
#include <string>

namespace bowline {
namespace {

std::string in_hexadecimal(std::span<const std::byte> octets) {
  std::string text;
  for (const std::byte octet : octets) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(octet));
    text += digits;
  }
  return text;
}

TEST(PassPhrase, becomes_the_key_that_others_make_of_it) {
  // By hashlib.pbkdf2_hmac('sha256', ..., 600000, 32) of Python 3.11.
  const auto key = key_from_pass_phrase("correct horse battery staple", "lamp-7 of house 12");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(in_hexadecimal(*key),
            "bcd1c26adc151bb98e2737653a3f4ee5ac2410d43166220ff2f338e42569e39a");
}

TEST(PassPhrase, and_salt_have_a_least_and_a_largest_size) {
  const std::string good(8, 'x');
  for (const std::string& bad : {std::string(), std::string(7, 'x'), std::string(1025, 'x')}) {
    const auto by_phrase = key_from_pass_phrase(bad, good);
    ASSERT_FALSE(by_phrase.has_value());
    EXPECT_EQ(by_phrase.error().kind(), ErrorKind::invalid_argument);
    const auto by_salt = key_from_pass_phrase(good, bad);
    ASSERT_FALSE(by_salt.has_value());
    EXPECT_EQ(by_salt.error().kind(), ErrorKind::invalid_argument);
  }
}

}  // namespace
}  // namespace bowline
