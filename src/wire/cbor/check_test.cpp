#include <gtest/gtest.h>

#include <bowline/cbor.h>

#include <string>

namespace bowline {
namespace {

using namespace std::string_literals;

std::string checked(std::string_view octets, std::size_t depth_max = 64) {
  const auto result = check_cbor(std::as_bytes(std::span(octets)), depth_max);
  return result.has_value() ? "good" : std::string(to_string(result.error().kind()));
}

TEST(CheckCbor, takes_the_examples_of_the_rfc) {
  // RFC 8949 appendix A.
  for (const std::string& good : {"\x00"s,
                                  "\x17"s,
                                  "\x18\x18"s,
                                  "\x1b\xff\xff\xff\xff\xff\xff\xff\xff"s,
                                  "\x20"s,
                                  "\xf9\x00\x00"s,
                                  "\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"s,
                                  "\xf4"s,
                                  "\xf6"s,
                                  "\xf0"s,
                                  "\xf8\xff"s,
                                  "\xc1\x1a\x51\x4b\x67\xb0"s,
                                  "\x40"s,
                                  "\x64IETF"s,
                                  "\x80"s,
                                  "\x83\x01\x02\x03"s,
                                  "\xa0"s,
                                  "\xa2\x61"
                                  "a\x01\x61"
                                  "b\x82\x02\x03"s,
                                  "\x5f\x42\x01\x02\x43\x03\x04\x05\xff"s,
                                  "\x9f\xff"s,
                                  "\x9f\x01\x82\x02\x03\x9f\x04\x05\xff\xff"s,
                                  "\xbf\x61"
                                  "a\x01\x61"
                                  "b\x9f\x02\x03\xff\xff"s})
    EXPECT_EQ(checked(good), "good");
}

TEST(CheckCbor, refuses_what_is_not_well_formed) {
  // RFC 8949 appendix F.
  for (const std::string& bad : {""s,
                                 "\x18"s,
                                 "\x19\x01"s,
                                 "\x41"s,
                                 "\x61"s,
                                 "\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
                                 "\x81"s,
                                 "\x82\x00"s,
                                 "\xa1\x01"s,
                                 "\xa2\x01\x02"s,
                                 "\xc0"s,
                                 "\x9a\xff\xff\xff\xff"s,
                                 "\x5f\x41\x00"s,
                                 "\x9f\x01"s,
                                 "\xbf\x01\x02"s,
                                 "\x1c"s,
                                 "\x3d"s,
                                 "\xfc"s,
                                 "\xf8\x00"s,
                                 "\xf8\x18"s,
                                 "\x5f\x00\xff"s,
                                 "\x5f\x61\x00\xff"s,
                                 "\x5f\x5f\x41\x00\xff\xff"s,
                                 "\xff"s,
                                 "\x81\xff"s,
                                 "\x82\x00\xff"s,
                                 "\xa1\xff"s,
                                 "\xbf\x00\xff"s,
                                 "\x1f"s,
                                 "\x3f"s,
                                 "\xdf"s,
                                 "\x00\x00"s,
                                 "\xbb\xff\xff\xff\xff\xff\xff\xff\xff"s})
    EXPECT_EQ(checked(bad), "malformed");
}

TEST(CheckCbor, limits_the_depth) {
  EXPECT_EQ(checked(std::string(64, '\x81') + "\x01"), "good");
  EXPECT_EQ(checked(std::string(65, '\x81') + "\x01"), "limit_exceeded");
  EXPECT_EQ(checked(std::string(1'000'000, '\x9f')), "limit_exceeded");
}

}  // namespace
}  // namespace bowline
