#include "drive/stream/sending.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "drive/stream/scripted_stream.h"

namespace bowline::drive {
namespace {

std::span<const std::byte> octets(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A send, and what came of it.
struct Sent {
  Sent(SendingScene& of, Operation<void> started) : scene(of), operation(std::move(started)) {
    operation.start([this](Result<void> value) { result.emplace(std::move(value)); });
  }
  std::string text() {
    scene.queue->deliver();
    if (!result) return "waits";
    return result->has_value() ? "sent" : std::string(to_string(result->error().kind()));
  }
  SendingScene& scene;
  Operation<void> operation;
  std::optional<Result<void>> result;
};

struct SendingHalf : testing::Test, SendingScene {};

TEST_F(SendingHalf, writes_in_order_through_a_block_at_every_byte) {
  stream.room = 0;
  Sent first(*this, send(octets("abc")));
  Sent second(*this, send(octets("de"), SendKind::last));
  EXPECT_EQ(half.queued_bytes(), 5U);
  for (std::size_t left = 5; left > 0; --left) {
    EXPECT_FALSE(stream.finished);
    become_writable(1);
    EXPECT_EQ(half.queued_bytes(), left - 1);
  }
  EXPECT_EQ(first.text(), "sent");
  EXPECT_EQ(second.text(), "sent");
  EXPECT_EQ(stream.written, "abcde");
  EXPECT_TRUE(stream.finished);
}

TEST_F(SendingHalf, goes_on_where_a_short_write_did_not_block) {
  stream.taken_at_once = 2;
  Sent sent(*this, send(octets("abcde")));
  EXPECT_EQ(sent.text(), "sent");
  EXPECT_EQ(stream.written, "abcde");
}

TEST_F(SendingHalf, finishes_again_until_that_is_done) {
  stream.finishes_that_block = 2;
  Sent sent(*this, send(octets("a"), SendKind::last));
  EXPECT_EQ(sent.text(), "sent");
  EXPECT_TRUE(half.has_unsent());
  become_writable(9);
  EXPECT_TRUE(half.has_unsent());
  become_writable(9);
  EXPECT_FALSE(half.has_unsent());
  EXPECT_TRUE(stream.finished);
}

TEST_F(SendingHalf, fails_all_that_waits_when_the_stream_breaks) {
  stream.room = 2;
  stream.write_error = ErrorKind::reset;
  Sent first(*this, send(octets("abcd")));
  Sent second(*this, send(octets("e")));
  become_writable(0);
  EXPECT_EQ(first.text(), "reset");
  EXPECT_EQ(second.text(), "reset");
  EXPECT_EQ(stream.written, "ab");
  EXPECT_EQ(half.queued_bytes(), 0U);
}

TEST_F(SendingHalf, knows_whether_a_dropped_send_was_cut_in_half) {
  stream.room = 1;
  {
    Sent first(*this, send(octets("ab")));
    {
      Sent second(*this, send(octets("cd")));
    }
    EXPECT_FALSE(cut);
    EXPECT_EQ(half.queued_bytes(), 1U);
  }
  EXPECT_TRUE(cut);
}

TEST_F(SendingHalf, takes_over_what_waits_up_to_the_mark) {
  stream.room = 0;
  std::string borrowed = "borrowed ";
  Sent first(*this, send(octets(borrowed)));
  Sent second(*this, send(Buffer::own(std::string(1'000, 'o'))));
  Sent third(*this, send(octets("over the mark")));
  take_over(1'009);
  EXPECT_EQ(first.text(), "sent");
  EXPECT_EQ(second.text(), "sent");
  EXPECT_EQ(third.text(), "waits");
  borrowed.assign("xxxxxxxxx");
  EXPECT_EQ(half.queued_bytes(), 1'022U);
  become_writable(SIZE_MAX);
  EXPECT_EQ(stream.written, "borrowed " + std::string(1'000, 'o') + "over the mark");
}

TEST(Backlog, shares_what_was_given_away) {
  const Buffer buffer = Buffer::own(std::string(10'000, 'b'));
  std::vector<Backlog> many(100);
  for (Backlog& backlog : many) {
    backlog.copy(octets("head"));
    backlog.share(buffer);
    backlog.drop(5);
    std::array<std::span<const std::byte>, 4> pieces;
    ASSERT_EQ(backlog.fill(pieces), 1U);
    EXPECT_EQ(pieces[0].data(), buffer.data() + 1);
    EXPECT_EQ(backlog.size(), 9'999U);
  }
}

TEST(Backlog, gives_its_pieces_in_order_however_they_are_written) {
  Backlog backlog;
  std::string expected;
  std::string written;
  for (int i = 0; i < 300; ++i) {
    const std::string text = std::to_string(i) + ",";
    i % 3 == 0 ? backlog.share(Buffer::own(std::string(text))) : backlog.copy(octets(text));
    expected += text;
    std::array<std::span<const std::byte>, 2> pieces;
    const std::size_t count = backlog.fill(pieces);
    std::string first;
    for (const auto piece : std::span(pieces).first(count))
      first.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    first.resize(std::min<std::size_t>(first.size(), static_cast<std::size_t>(i % 7)));
    backlog.drop(first.size());
    written += first;
    ASSERT_EQ(written, expected.substr(0, written.size()));
    ASSERT_EQ(backlog.size(), expected.size() - written.size());
  }
}

/// Before there is a stream.
struct EarlySends : SendingHalf {
  EarlySends() { has_stream = false; }
  std::string offered(std::size_t bytes_max = 100) {
    const std::vector<std::byte> early = half.offer_early(bytes_max);
    return {reinterpret_cast<const char*>(early.data()), early.size()};
  }
};

TEST_F(EarlySends, are_the_first_ones_that_may_arrive_twice) {
  Sent first(*this, send(octets("ask"), SendKind::replayable));
  Sent second(*this, send(octets(" me"), SendKind::replayable));
  Sent third(*this, send(octets("pay")));
  Sent fourth(*this, send(octets("ask again"), SendKind::replayable));
  EXPECT_EQ(offered(), "ask me");
  EXPECT_EQ(offered(), "ask me") << "each attempt gets them";
  EXPECT_EQ(offered(5), "ask") << "whole sends only";
  EXPECT_EQ(offered(2), "");
  half.take_early(6);
  EXPECT_EQ(first.text(), "sent");
  EXPECT_EQ(second.text(), "sent");
  EXPECT_EQ(third.text(), "waits");
  write();
  EXPECT_EQ(stream.written, "payask again");
}

TEST_F(EarlySends, that_the_peer_did_not_take_go_out_behind_the_handshake) {
  Sent sent(*this, send(octets("ask"), SendKind::replayable));
  EXPECT_EQ(offered(), "ask");
  half.take_early(0);
  EXPECT_EQ(sent.text(), "waits");
  write();
  EXPECT_EQ(stream.written, "ask");
}

TEST_F(EarlySends, spoil_the_stream_if_one_is_withdrawn_that_the_peer_has_taken) {
  std::optional<Sent> sent(std::in_place, *this, send(octets("ask"), SendKind::replayable));
  EXPECT_EQ(offered(), "ask");
  sent.reset();
  half.take_early(3);
  EXPECT_TRUE(half.is_spoiled());
}

TEST_F(EarlySends, may_be_withdrawn_if_the_peer_has_not_taken_them) {
  std::optional<Sent> sent(std::in_place, *this, send(octets("ask"), SendKind::replayable));
  EXPECT_EQ(offered(), "ask");
  sent.reset();
  half.take_early(0);
  EXPECT_FALSE(half.is_spoiled());
  Sent other(*this, send(octets("b")));
  write();
  EXPECT_EQ(stream.written, "b");
}

}  // namespace
}  // namespace bowline::drive
