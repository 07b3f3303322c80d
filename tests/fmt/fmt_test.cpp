#include <bowline/fmt.h>

#include <gtest/gtest.h>

namespace bowline {
namespace {

TEST(Fmt, prints_values_as_to_string_does) {
  EXPECT_EQ(fmt::format("{}", host("example.com", 443)), "example.com:443");
  EXPECT_EQ(fmt::format("{}", IpAddress::loopback(Family::ipv6)), "::1");
  EXPECT_EQ(fmt::format("{}", ErrorKind::refused), "refused");
  EXPECT_EQ(fmt::format("{}", ConnectionState::waiting), "waiting");
  EXPECT_EQ(fmt::format("{}", Path()), to_string(Path()));
  EXPECT_EQ(fmt::format("{}", Report()), to_string(Report()));
  const Error error = Error::from_errno(ECONNREFUSED, "connect");
  EXPECT_EQ(fmt::format("{}", error), to_string(error));
}

TEST(Fmt, takes_the_specifications_of_strings) {
  EXPECT_EQ(fmt::format("[{:>6}] [{:.3}]", Family::ipv4, Family::ipv6), "[  ipv4] [ipv]");
}

}  // namespace
}  // namespace bowline
