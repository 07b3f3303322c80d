#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/websocket/accept_key.h"
#include "core/websocket/frame.h"
#include "core/websocket/utf8.h"

namespace bowline::core {
namespace {

using namespace std::string_literals;

std::span<const std::byte> octets_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// What a head says, or why it is refused.
std::string head_of(std::string_view octets, FrameRules rules = {}) {
  const auto read = read_frame_head(octets_of(octets), rules);
  if (!read.has_value()) return std::to_string(read.error().code());
  if (!read->has_value()) return "more";
  const FrameHead& head = **read;
  std::string text = std::to_string(static_cast<int>(head.opcode));
  if (!head.is_final) text += " ...";
  if (head.is_compressed) text += " compressed";
  if (head.mask) text += " masked";
  return text + " " + std::to_string(head.payload_bytes) + "/" + std::to_string(head.head_bytes);
}

TEST(WebSocketFrame, heads_are_read_in_their_shortest_form_only) {
  EXPECT_EQ(head_of(""), "more");
  EXPECT_EQ(head_of("\x81"s), "more");
  EXPECT_EQ(head_of("\x81\x05"s), "1 5/2");
  EXPECT_EQ(head_of("\x02\x7d"s), "2 ... 125/2");
  EXPECT_EQ(head_of("\x82\x7e\x00"s), "more");
  EXPECT_EQ(head_of("\x82\x7e\x00\x7e"s), "2 126/4");
  EXPECT_EQ(head_of("\x82\x7e\x00\x7d"s), "1002");
  EXPECT_EQ(head_of("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s), "2 65536/10");
  EXPECT_EQ(head_of("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s), "1002");
  EXPECT_EQ(head_of("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"s), "1002");
}

TEST(WebSocketFrame, what_a_head_must_not_say_is_seen_at_its_octet) {
  EXPECT_EQ(head_of("\x83"s), "1002");  // opcodes 3 to 7 and from 11 on
  EXPECT_EQ(head_of("\x8b"s), "1002");
  EXPECT_EQ(head_of("\xa1"s), "1002");  // RSV2, RSV3, RSV1
  EXPECT_EQ(head_of("\x91"s), "1002");
  EXPECT_EQ(head_of("\xc1"s), "1002");
  EXPECT_EQ(head_of("\xc1\x01"s, {.compressed = true}), "1 compressed 1/2");
  EXPECT_EQ(head_of("\xc9"s, {.compressed = true}), "1002");
  EXPECT_EQ(head_of("\x09"s), "1002");      // a ping in pieces
  EXPECT_EQ(head_of("\x89\x7e"s), "1002");  // of more than 125 octets
  EXPECT_EQ(head_of("\x81\x81"s), "1002");  // masks go one way
  EXPECT_EQ(head_of("\x81\x01"s, {.masked = true}), "1002");
  EXPECT_EQ(head_of("\x81\x81\x01\x02\x03"s, {.masked = true}), "more");
  EXPECT_EQ(head_of("\x81\x81\x01\x02\x03\x04"s, {.masked = true}), "1 masked 1/6");
}

TEST(WebSocketFrame, heads_are_written_as_they_are_read) {
  SeededRandom random(7);
  for (const std::uint64_t size : {0ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, 1ULL << 40}) {
    for (const bool masked : {false, true}) {
      FrameHead head;
      head.opcode = WebSocketOpcode::text;
      head.payload_bytes = size;
      head.is_final = size != 126;
      if (masked) random.fill(head.mask.emplace());
      const WrittenHead written = write_frame_head(head);
      const auto read = read_frame_head(written.span(), {.masked = masked});
      ASSERT_TRUE(read.has_value() && read->has_value());
      EXPECT_EQ((*read)->payload_bytes, size);
      EXPECT_EQ((*read)->is_final, head.is_final);
      EXPECT_EQ((*read)->mask, head.mask);
      EXPECT_EQ((*read)->head_bytes, written.size);
    }
  }
}

TEST(WebSocketFrame, codes_for_the_wire) {
  for (const std::uint32_t code : {1000U, 1003U, 1007U, 1014U, 3000U, 4999U})
    EXPECT_TRUE(is_sendable_code(code)) << code;
  for (const std::uint32_t code :
       {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 70000U})
    EXPECT_FALSE(is_sendable_code(code)) << code;
}

TEST(WebSocketMask, is_the_same_from_any_offset_and_for_any_size) {
  SeededRandom random(3);
  std::vector<std::byte> plain(300);
  random.fill(plain);
  const Mask mask = {std::byte{1}, std::byte{0x80}, std::byte{0x33}, std::byte{0xff}};
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t size : {0U, 1U, 7U, 8U, 63U, 64U, 65U, 200U}) {
      std::vector<std::byte> masked(size);
      apply_mask(masked.data(), std::span(plain).first(size), mask, offset);
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(masked[i], plain[i] ^ mask[(offset + i) % 4]) << offset << " " << i;
      apply_mask(masked.data(), masked, mask, offset);
      EXPECT_TRUE(std::ranges::equal(masked, std::span(plain).first(size)));
    }
  }
}

TEST(WebSocketAccept, is_the_example_of_the_rfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  // RFC 3174: of no octets, and of two blocks.
  EXPECT_EQ(sha1({})[0], std::byte{0xda});
  EXPECT_EQ(sha1(octets_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))[0],
            std::byte{0x84});
}

/// How many octets are taken before the first bad one; all of them where the text is cut off.
std::string utf8_of(std::string_view text) {
  Utf8Check check;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!check.add(octets_of(text.substr(i, 1)))) return "bad at " + std::to_string(i);
  return check.is_complete() ? "good" : "cut";
}

TEST(Utf8Check, tells_at_the_first_bad_octet) {
  EXPECT_EQ(utf8_of(""), "good");
  EXPECT_EQ(utf8_of("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"), "good");
  EXPECT_EQ(utf8_of("ab\x80"), "bad at 2");
  EXPECT_EQ(utf8_of("\xc0\xaf"), "bad at 0");      // overlong
  EXPECT_EQ(utf8_of("\xe0\x80\xaf"), "bad at 1");  // overlong
  EXPECT_EQ(utf8_of("\xf0\x80\x80\xaf"), "bad at 1");
  EXPECT_EQ(utf8_of("\xed\xa0\x80"), "bad at 1");      // a surrogate
  EXPECT_EQ(utf8_of("\xf4\x90\x80\x80"), "bad at 1");  // beyond U+10FFFF
  EXPECT_EQ(utf8_of("\xf5"), "bad at 0");
  EXPECT_EQ(utf8_of("\xe2\x82"), "cut");
  EXPECT_EQ(utf8_of("\xe2\x82z"), "bad at 2");
}

TEST(Utf8Check, says_the_same_of_pieces_as_of_the_whole) {
  SeededRandom random(11);
  const std::array<std::string, 6> parts = {"plain ASCII text of some length ",
                                            "\xc3\xa4",
                                            "\xe2\x82\xac",
                                            "\xf0\x9f\x98\x80",
                                            "\xed\x9f\xbf",
                                            "\xff"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::uint64_t kinds = round % 4 == 0 ? 6 : 5;
    for (std::uint64_t i = 0; i < 12; ++i) text += parts[random.below(kinds)];
    bool slowly = utf8_of(text) == "good";
    const std::size_t cut = random.below(text.size() + 1);
    Utf8Check check;
    const bool first = check.add(octets_of(std::string_view(text).substr(0, cut)));
    const bool second = check.add(octets_of(std::string_view(text).substr(cut)));
    EXPECT_EQ(first && second && check.is_complete(), slowly) << "round " << round;
    EXPECT_EQ(is_utf8(octets_of(text)), slowly) << "round " << round;
  }
}

}  // namespace
}  // namespace bowline::core
