#include "session/store/cookie_file.h"

#include <gtest/gtest.h>

namespace bowline::session {
namespace {

TEST(CookieFile, reads_what_it_writes) {
  core::Cookie all;
  all.name = "id";
  all.value = "a=b; c";
  all.domain = "example.com";
  all.path = "/x";
  all.expires = 2000;
  all.created = all.last_used = 1000;
  all.is_host_only = false;
  all.is_secure = all.is_http_only = true;
  core::Cookie plain;
  plain.value = "only";
  plain.domain = "a.example";
  plain.created = plain.last_used = 1000;
  EXPECT_EQ(read_cookie_file(write_cookie_file({all, plain}), 1000),
            (std::vector<core::Cookie>{all, plain}));
}

TEST(CookieFile, writes_nothing_that_would_read_as_something_else) {
  core::Cookie tabbed;
  tabbed.name = "a";
  tabbed.value = "1\t2";
  tabbed.domain = "example.com";
  core::Cookie of_partition;
  of_partition.name = "a";
  of_partition.domain = "example.com";
  of_partition.partition = "https://top.example";
  EXPECT_EQ(write_cookie_file({tabbed, of_partition}), "# Netscape HTTP Cookie File\n");
}

TEST(CookieFile, leaves_out_lines_that_are_no_cookies) {
  const std::string long_value(5000, 'x');
  for (const std::string& line :
       {std::string("# comment"), std::string("a\tb"), std::string(".\tTRUE\t/\tFALSE\t0\ta\tb"),
        std::string("example.com\tTRUE\tx\tFALSE\t0\ta\tb"),
        std::string("example.com\tTRUE\t/\tFALSE\tsoon\ta\tb"),
        std::string("example.com\tTRUE\t/\tFALSE\t0\t\t"),
        "example.com\tTRUE\t/\tFALSE\t0\ta\t" + long_value,
        std::string("example.com\tTRUE\t/\tFALSE\t0\ta\tb\x01")}) {
    EXPECT_TRUE(read_cookie_file(line, 0).empty()) << line.substr(0, 40);
  }
  // No cookie lives longer than 400 days.
  const auto read = read_cookie_file("Example.COM\tfalse\t/\tFALSE\t99999999999\ta\tb\r\n", 7);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].expires, 7 + core::Cookie().created + std::int64_t{400} * 24 * 3600);
  EXPECT_EQ(read[0].domain, "example.com");
}

}  // namespace
}  // namespace bowline::session
