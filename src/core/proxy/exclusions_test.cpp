#include "core/proxy/exclusions.h"

#include <gtest/gtest.h>

#include <string>

namespace bowline::core {
namespace {

struct HostListRow {
  const char* list;
  const char* host;
  std::uint16_t port;
  bool is_in;
};

// What programs read differently in NO_PROXY, and people trip over.
constexpr HostListRow host_list_rows[] = {
    {"", "example.com", 443, false},
    {"example.com", "example.com", 443, true},
    {"example.com", "EXAMPLE.com", 443, true},
    {"example.com", "example.com.", 443, true},
    {"example.com.", "example.com", 443, true},
    {"example.com", "www.example.com", 443, true},
    {".example.com", "www.example.com", 443, true},
    {".example.com", "example.com", 443, true},
    {"*.example.com", "www.example.com", 443, true},
    {"example.com", "badexample.com", 443, false},
    {"example.com", "example.com.evil.org", 443, false},
    {"com", "example.com", 443, true},
    {"example.com:8080", "example.com", 8080, true},
    {"example.com:8080", "example.com", 443, false},
    {"a.org,example.com", "example.com", 443, true},
    {"a.org, example.com ,b.org", "example.com", 443, true},
    {"a.org example.com", "example.com", 443, true},
    {",, ,example.com", "example.com", 443, true},
    {"*", "anything.example", 1, true},
    {"a.org,*", "anything.example", 1, true},
    {"exa*ple.com", "example.com", 443, false},
    {".", "example.com", 443, false},
    {"192.0.2.1", "192.0.2.1", 80, true},
    {"192.0.2.1", "192.0.2.10", 80, false},
    {"2.1", "192.0.2.1", 80, false},
    {"192.0.2.0/24", "192.0.2.200", 80, true},
    {"192.0.2.0/24", "192.0.3.1", 80, false},
    {"192.0.2.0/24", "192.0.2.1.example.com", 80, false},
    {"2001:db8::1", "[2001:db8::1]", 80, true},
    {"[2001:db8::1]", "2001:db8:0:0::1", 80, true},
    {"[2001:db8::1]:81", "[2001:db8::1]", 81, true},
    {"[2001:db8::1]:81", "[2001:db8::1]", 80, false},
    {"2001:db8::/32", "[2001:db8:1::2]", 80, true},
    {"::ffff:192.0.2.1", "192.0.2.1", 80, true},
    {"192.0.2.0/33", "192.0.2.1", 80, false},
    {"example.com:0", "example.com", 443, false},
    {"localhost,127.0.0.1", "localhost", 80, true},
};

TEST(HostList, reads_what_people_write_in_one_way) {
  for (const HostListRow& row : host_list_rows)
    EXPECT_EQ(HostList(row.list).contains(row.host, row.port), row.is_in)
        << "'" << row.list << "' and " << row.host << ":" << row.port;
}

TEST(HostList, is_as_long_as_it_may_be) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "host" + std::to_string(i) + ".example,";
  const HostList list(text);
  EXPECT_TRUE(list.contains("host999.example", 80));
  EXPECT_FALSE(list.contains("host1000.example", 80));
}

}  // namespace
}  // namespace bowline::core
