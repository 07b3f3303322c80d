#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "core/websocket/deflate.h"
#include "core/websocket/deflate_terms.h"

namespace bowline::core {
namespace {

using namespace std::string_literals;
using Octets = std::vector<std::byte>;

Octets octets(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Octets squeezed(MessageDeflater& deflater, std::string_view text) {
  Octets into;
  EXPECT_TRUE(deflater.add(octets(text), true, into).has_value());
  return into;
}

/// A whole message, or what is wrong with it.
std::string inflated(MessageInflater& inflater, const Octets& bytes,
                     std::size_t bytes_max = 1 << 20) {
  Octets into;
  std::size_t taken = 0;
  bool goes_on = true;
  while (goes_on) {
    const auto step = taken < bytes.size()
                          ? inflater.add(std::span(bytes).subspan(taken), into, bytes_max)
                          : inflater.finish(into, bytes_max);
    if (!step.has_value()) return std::string(to_string(step.error().kind()));
    if (into.size() == bytes_max) return "full";
    goes_on = taken < bytes.size() || step->has_more;
    taken = std::min(bytes.size(), taken + step->consumed);
  }
  return {reinterpret_cast<const char*>(into.data()), into.size()};
}

TEST(MessageDeflate, goes_there_and_back_with_and_without_context) {
  SeededRandom random(5);
  for (const bool keeps : {true, false}) {
    for (int bits = 9; bits <= 15; bits += 3) {
      MessageDeflater out({.window_bits = bits, .keeps_context = keeps, .level = 6});
      MessageInflater in({.window_bits = bits, .keeps_context = keeps});
      for (int i = 0; i < 40; ++i) {
        std::string text(random.below(5000), 'x');
        for (char& c : text) c = static_cast<char>('a' + random.below(4));
        EXPECT_EQ(inflated(in, squeezed(out, text)), text);
      }
      EXPECT_EQ(inflated(in, squeezed(out, "")), "");
      EXPECT_EQ(inflated(in, squeezed(out, "")), "");
    }
  }
}

TEST(MessageDeflate, a_context_makes_the_second_message_small) {
  const std::string text = "a line of text that has not been seen before";
  MessageDeflater keeps({.window_bits = 15, .keeps_context = true, .level = 6});
  const std::size_t first = squeezed(keeps, text).size();
  EXPECT_LT(squeezed(keeps, text).size(), first / 3);
  MessageDeflater forgets({.window_bits = 15, .keeps_context = false, .level = 6});
  EXPECT_EQ(squeezed(forgets, text), squeezed(forgets, text));
}

TEST(MessageDeflate, pieces_make_one_message) {
  MessageDeflater out({});
  MessageInflater in({});
  Octets all;
  for (const char* piece : {"one ", "two ", ""})
    ASSERT_TRUE(out.add(octets(piece), false, all).has_value());
  ASSERT_TRUE(out.add(octets("three"), true, all).has_value());
  EXPECT_EQ(inflated(in, all), "one two three");
}

TEST(MessageDeflate, reads_the_examples_of_the_rfc) {
  MessageInflater in({});
  // RFC 7692 7.2.3.1, .2, .3, .4 and .5.
  EXPECT_EQ(inflated(in, octets("\xf2\x48\xcd\xc9\xc9\x07\x00"s)), "Hello");
  EXPECT_EQ(inflated(in, octets("\xf2\x00\x11\x00\x00"s)), "Hello");
  EXPECT_EQ(inflated(in, octets("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s)), "Hello");
  EXPECT_EQ(inflated(in, octets("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s)), "Hello");
  EXPECT_EQ(inflated(in, octets("\xf2\x00\x11\x00\x00"s)), "Hello");  // behind a last block
  EXPECT_EQ(inflated(in, octets("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s)), "Hello");
  EXPECT_EQ(inflated(in, octets("\x00"s)), "");
}

TEST(MessageDeflate, what_is_no_deflate_is_malformed) {
  MessageInflater in({});
  EXPECT_EQ(inflated(in, octets("\xff\xff\xff")), "malformed");
  MessageInflater cut({});
  EXPECT_EQ(inflated(cut, octets("\xf2\x48"s)), "malformed");
}

TEST(MessageDeflate, stops_where_the_room_ends) {
  MessageDeflater out({});
  const Octets bomb = squeezed(out, std::string(100'000, 'x'));
  EXPECT_LT(bomb.size(), 1000U);
  MessageInflater exact({});
  EXPECT_EQ(inflated(exact, bomb, 100'001).size(), 100'000U);
  MessageInflater small({});
  EXPECT_EQ(inflated(small, bomb, 100'000), "full");
}

std::string chosen(std::string_view offers, const WebSocketCompression& wanted = {}) {
  const auto terms = choose_deflate(offers, wanted);
  if (!terms.has_value()) return "refused";
  return *terms ? write_deflate_terms(**terms) : "none";
}

TEST(DeflateTerms, a_server_takes_the_first_offer_that_it_can_grant) {
  EXPECT_EQ(chosen(""), "none");
  EXPECT_EQ(chosen("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(chosen("x-other, permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(chosen("permessage-deflate; server_max_window_bits=8"), "none");
  EXPECT_EQ(chosen("permessage-deflate; server_max_window_bits=8, permessage-deflate; "
                   "server_max_window_bits=\"10\"; client_no_context_takeover"),
            "permessage-deflate; client_no_context_takeover; server_max_window_bits=10");
  EXPECT_EQ(chosen("permessage-deflate; client_max_window_bits=9"),
            "permessage-deflate; client_max_window_bits=9");
  for (const char* bad : {"server_max_window_bits", "server_max_window_bits=16",
                          "server_max_window_bits=09", "server_no_context_takeover=1", "unknown",
                          "server_no_context_takeover; server_no_context_takeover",
                          "client_max_window_bits; client_max_window_bits=10"})
    EXPECT_EQ(chosen("permessage-deflate; "s + bad), "none") << bad;
  EXPECT_EQ(chosen("; x"), "refused");
}

TEST(DeflateTerms, a_server_wants_what_it_was_told) {
  const auto frugal = WebSocketCompression()
                          .keep_own_context(false)
                          .keep_peer_context(false)
                          .own_window_bits(10)
                          .peer_window_bits(11);
  EXPECT_EQ(chosen("permessage-deflate; client_max_window_bits", frugal),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=10; client_max_window_bits=11");
  // Who does not say that its window can be limited cannot be told to limit it.
  EXPECT_EQ(chosen("permessage-deflate", frugal),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=10");
}

std::string client_reads(std::string_view choice, std::optional<WebSocketCompression> wanted) {
  const auto terms = read_deflate_choice(choice, wanted);
  if (!terms.has_value()) return "refused";
  return *terms ? write_deflate_terms(**terms) : "none";
}

TEST(DeflateTerms, a_client_refuses_what_it_did_not_offer) {
  const WebSocketCompression plain;
  EXPECT_EQ(client_reads("", plain), "none");
  EXPECT_EQ(client_reads("permessage-deflate", plain), "permessage-deflate");
  EXPECT_EQ(client_reads("permessage-deflate; client_max_window_bits=8", plain),
            "permessage-deflate; client_max_window_bits=8");
  EXPECT_EQ(client_reads("permessage-deflate", std::nullopt), "refused");
  EXPECT_EQ(client_reads("x-other", plain), "refused");
  EXPECT_EQ(client_reads("permessage-deflate, permessage-deflate", plain), "refused");
  EXPECT_EQ(client_reads("permessage-deflate; client_max_window_bits", plain), "refused");
  EXPECT_EQ(client_reads("permessage-deflate; mystery=1", plain), "refused");
  const auto frugal =
      WebSocketCompression().keep_peer_context(false).peer_window_bits(10).own_window_bits(11);
  EXPECT_EQ(write_deflate_offer(frugal),
            "permessage-deflate; client_max_window_bits=11; server_max_window_bits=10; "
            "server_no_context_takeover");
  EXPECT_EQ(client_reads("permessage-deflate; server_max_window_bits=10", frugal), "refused");
  EXPECT_EQ(client_reads("permessage-deflate; server_no_context_takeover", frugal), "refused");
  EXPECT_EQ(
      client_reads("permessage-deflate; server_no_context_takeover; server_max_window_bits=9; "
                   "client_max_window_bits=12",
                   frugal),
      "refused");
  EXPECT_EQ(client_reads("permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
                         frugal),
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; "
            "client_max_window_bits=11");
}

}  // namespace
}  // namespace bowline::core
