#include "cli/secure/secure_ports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "cli/words/table.h"

namespace bowline::cli {
namespace {

/// The numbers that a text has in its brackets.
std::set<unsigned> numbers_in(std::string_view text) {
  std::set<unsigned> numbers;
  const std::size_t from = text.rfind('(');
  const std::size_t to = text.rfind(')');
  std::string digits;
  for (const char c : text.substr(from, to - from + 1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (!digits.empty()) {
      numbers.insert(static_cast<unsigned>(std::stoul(digits)));
      digits.clear();
    }
  }
  return numbers;
}

TEST(SecurePorts, are_those_that_the_help_names) {
  std::set<unsigned> ports;
  for (unsigned port = 0; port <= 65535; ++port)
    if (means_tls(static_cast<std::uint16_t>(port))) ports.insert(port);
  EXPECT_TRUE(ports.contains(443));
  for (const std::string_view name : {"connect", "cat"}) {
    const auto paragraphs = find_command(name)->description;
    const auto about = std::ranges::find_if(
        paragraphs, [](std::string_view text) { return text.starts_with("TLS is spoken"); });
    ASSERT_NE(about, paragraphs.end());
    EXPECT_EQ(numbers_in(*about), ports);
  }
}

TEST(SecurePorts, are_not_those_that_begin_in_plain_text) {
  for (const int port : {21, 22, 25, 53, 80, 110, 143, 389, 587, 5060, 5222, 8080})
    EXPECT_FALSE(means_tls(static_cast<std::uint16_t>(port))) << port;
}

TEST(SecurePorts, schemes_say_it_more_clearly_than_ports) {
  EXPECT_EQ(scheme_means_tls("https"), true);
  EXPECT_EQ(scheme_means_tls("wss"), true);
  EXPECT_EQ(scheme_means_tls("http"), false);
  EXPECT_EQ(scheme_means_tls("gopher"), std::nullopt);
}

}  // namespace
}  // namespace bowline::cli
