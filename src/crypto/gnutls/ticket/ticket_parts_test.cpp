#include <gtest/gtest.h>

#include "base/bytes.h"
#include "crypto/gnutls/ticket/client_hello.h"
#include "crypto/gnutls/ticket/tickets.h"

namespace bowline::crypto {
namespace {

std::vector<std::byte> bytes_from(std::initializer_list<int> values) {
  std::vector<std::byte> made;
  for (const int value : values) made.push_back(static_cast<std::byte>(value));
  return made;
}

/// A ClientHello for "A.b" with ALPN "h2" and TLS 1.3, its random all zero.
std::vector<std::byte> sample_hello() {
  auto made = bytes_from({3, 3});
  made.resize(2 + 32);
  const auto rest = bytes_from({0, 0,  2, 0x13, 1, 1, 0, 0,   28,  // session, suites, compression
                                0, 0,  0, 8,    0, 6, 0, 0,   3,   'A', '.', 'b',  // server_name
                                0, 16, 0, 5,    0, 3, 2, 'h', '2',                 // alpn
                                0, 43, 0, 3,    2, 3, 4});  // supported_versions
  made.insert(made.end(), rest.begin(), rest.end());
  return made;
}

TEST(ClientHellos, say_what_tickets_are_bound_to) {
  const auto hello = parse_client_hello(sample_hello(), false);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->server_name, "a.b");
  EXPECT_EQ(hello->alpn, std::vector<std::string>{"h2"});
  EXPECT_EQ(hello->versions, std::vector<std::uint16_t>{0x0304});
}

TEST(ClientHellos, that_are_cut_anywhere_do_not_parse) {
  const auto whole = sample_hello();
  constexpr std::size_t without_extensions = 2 + 32 + 7;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_client_hello(std::span(whole).first(size), false).has_value(),
              size == without_extensions)
        << size;
}

TEST(TicketOffers, tell_lifetime_and_early_data) {
  const auto message = bytes_from({0, 0, 0, 60, 1, 2, 3, 4, 1, 9, 0, 2, 7, 7,  //
                                   0, 8, 0, 42, 0, 4, 0, 0, 1, 0});
  const auto offer = parse_ticket_offer(message, true);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->lifetime, std::chrono::seconds(60));
  EXPECT_EQ(offer->early_bytes_max, 256U);
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(parse_ticket_offer(std::span(message).first(size), true).has_value());
}

TEST(TicketOffers, live_no_longer_than_a_week) {
  const auto offer = parse_ticket_offer(bytes_from({255, 255, 255, 255}), false);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->lifetime, std::chrono::hours(7 * 24));
}

TEST(SealedSessions, open_only_undamaged) {
  const auto state = bytes_from({1, 2, 3});
  auto stored = sealed(state);
  ASSERT_TRUE(unsealed(stored).has_value());
  EXPECT_TRUE(std::ranges::equal(*unsealed(stored), state));
  for (auto& byte : stored) {
    byte ^= std::byte{1};
    EXPECT_FALSE(unsealed(stored).has_value());
    byte ^= std::byte{1};
  }
  EXPECT_FALSE(unsealed({}).has_value());
}

}  // namespace
}  // namespace bowline::crypto
