#include "drive/stream/receiving.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "drive/stream/scripted_stream.h"

namespace bowline::drive {
namespace {

/// Starts the operation, and remembers what came of it.
template <class T>
struct Told {
  explicit Told(ReceivingScene& of, Operation<T> started)
      : scene(of), operation(std::move(started)) {
    operation.start([this](Result<T> value) {
      ++calls;
      result.emplace(std::move(value));
    });
  }
  /// The text, or what it is instead.
  std::string text() {
    scene.queue->deliver();
    if (!result) return "waits";
    if (!result->has_value()) return std::string(to_string(result->error().kind()));
    if constexpr (std::is_same_v<T, Message>) {
      return std::string((*result)->text()) + ((*result)->end_of_stream() ? "|" : "");
    } else {
      return std::to_string(**result);
    }
  }
  void drop() { operation = {}; }

  ReceivingScene& scene;
  Operation<T> operation;
  std::optional<Result<T>> result;
  int calls = 0;
};
template <class T>
Told(ReceivingScene&, Operation<T>) -> Told<T>;

struct ReceivingHalf : testing::Test, ReceivingScene {};

TEST_F(ReceivingHalf, reads_nothing_that_nobody_waits_for) {
  stream.comes("abc");
  become_readable();
  EXPECT_EQ(stream.given_bytes, 0U);
  EXPECT_EQ(Told(*this, receive(1, 2)).text(), "ab");
  EXPECT_EQ(stream.given_bytes, 2U);
}

TEST_F(ReceivingHalf, goes_on_after_a_short_read_that_did_not_block) {
  stream.comes("a");
  stream.comes("bc");
  half.set_readable();
  EXPECT_EQ(Told(*this, receive(3, 3)).text(), "abc");
}

TEST_F(ReceivingHalf, gathers_through_a_block_at_every_byte) {
  Told received(*this, receive(4, 4));
  for (const char* byte : {"a", "b", "c", "d"}) {
    EXPECT_EQ(received.text(), "waits");
    stream.comes(byte);
    stream.comes_nothing();
    become_readable();
  }
  EXPECT_EQ(received.text(), "abcd");
}

TEST_F(ReceivingHalf, gives_what_came_before_an_error_first) {
  stream.comes("abc");
  stream.comes_error(ErrorKind::reset);
  half.set_readable();
  Told first(*this, receive(9, 9));
  Told second(*this, receive(1, 9));
  EXPECT_EQ(first.text(), "abc");
  EXPECT_EQ(second.text(), "reset");
  EXPECT_FALSE(half.has_kept());
}

TEST_F(ReceivingHalf, gives_less_at_the_end_and_then_only_the_end) {
  stream.comes("abc");
  stream.comes_end();
  half.set_readable();
  EXPECT_EQ(Told(*this, receive(9, 9)).text(), "abc|");
  EXPECT_EQ(Told(*this, receive(1, 9)).text(), "|");
}

TEST_F(ReceivingHalf, lets_a_receive_into_memory_wait_its_turn) {
  std::array<std::byte, 4> memory{};
  Told first(*this, receive(2, 2));
  Told second(*this, receive_into(memory, 3));
  Told third(*this, receive(1, 9));
  stream.comes("abcde");
  stream.comes_nothing();
  stream.comes("f");
  become_readable();
  EXPECT_EQ(first.text(), "ab");
  EXPECT_EQ(second.text(), "3");
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory.data()), 3), "cde");
  EXPECT_EQ(third.text(), "waits");
  become_readable();
  EXPECT_EQ(third.text(), "f");
}

TEST_F(ReceivingHalf, keeps_for_the_next_what_a_dropped_receive_had_gathered) {
  std::array<std::byte, 4> memory{};
  stream.comes("ab");
  stream.comes_nothing();
  half.set_readable();
  Told first(*this, receive_into(memory, 4));
  Told second(*this, receive(1, 9));
  first.drop();
  EXPECT_EQ(second.text(), "ab");
}

TEST_F(ReceivingHalf, takes_back_what_nobody_was_told) {
  stream.comes("abcdef");
  half.set_readable();
  Told first(*this, receive_exactly(2));
  Told second(*this, receive_until("d", 9));
  first.drop();
  EXPECT_EQ(second.text(), "abcd");
  EXPECT_EQ(Told(*this, receive(1, 9)).text(), "ef");
}

TEST_F(ReceivingHalf, says_how_many_of_the_exact_count_came_and_loses_none) {
  stream.comes("abc");
  stream.comes_end();
  half.set_readable();
  Told exactly(*this, receive_exactly(4));
  EXPECT_EQ(exactly.text(), "closed");
  EXPECT_NE(to_string(exactly.result->error()).find("3 of 4"), std::string::npos);
  EXPECT_EQ(Told(*this, receive(1, 9)).text(), "abc|");
}

TEST_F(ReceivingHalf, gives_the_exact_count_and_leaves_the_rest) {
  stream.comes("ab");
  stream.comes_nothing();
  stream.comes("cdef");
  half.set_readable();
  Told exactly(*this, receive_exactly(4));
  EXPECT_EQ(exactly.text(), "waits");
  become_readable();
  EXPECT_EQ(exactly.text(), "abcd");
  EXPECT_EQ(Told(*this, receive(1, 9)).text(), "ef");
}

TEST_F(ReceivingHalf, has_no_less_than_the_exact_count_when_the_stream_breaks) {
  stream.comes("ab");
  stream.comes_error(ErrorKind::reset);
  half.set_readable();
  Told exactly(*this, receive_exactly(4));
  Told some(*this, receive(1, 9));
  EXPECT_EQ(exactly.text(), "reset");
  EXPECT_EQ(some.text(), "ab");
}

TEST_F(ReceivingHalf, finds_a_delimiter_however_it_is_split) {
  for (std::size_t cut = 0; cut <= 8; ++cut) {
    ReceivingScene scene;
    const std::string text = "ab\r\r\ncd";
    scene.stream.comes(text.substr(0, cut));
    scene.stream.comes_nothing();
    scene.stream.comes(text.substr(std::min(cut, text.size())));
    scene.half.set_readable();
    Told line(scene, scene.receive_until("\r\n", 9));
    scene.become_readable();
    EXPECT_EQ(line.text(), "ab\r\r\n") << cut;
    Told rest(scene, scene.receive(2, 9));
    scene.become_readable();
    EXPECT_EQ(rest.text(), "cd") << cut;
  }
}

TEST_F(ReceivingHalf, finds_delimiters_in_what_was_read_at_once) {
  stream.comes("one\ntwo\n\nthree");
  half.set_readable();
  for (const char* line : {"one\n", "two\n", "\n"})
    EXPECT_EQ(Told(*this, receive_until("\n", 99)).text(), line);
  Told last(*this, receive_until("\n", 99));
  EXPECT_EQ(last.text(), "waits");
  stream.comes_end();
  become_readable();
  EXPECT_EQ(last.text(), "closed");
  EXPECT_EQ(Told(*this, receive(1, 9)).text(), "three|");
}

TEST_F(ReceivingHalf, refuses_a_line_that_is_too_long_and_loses_nothing) {
  stream.comes("abcd\n");
  half.set_readable();
  EXPECT_EQ(Told(*this, receive_until("\n", 4)).text(), "limit_exceeded");
  EXPECT_EQ(Told(*this, receive_until("\n", 5)).text(), "abcd\n");
}

TEST_F(ReceivingHalf, searches_each_byte_once) {
  // Quadratic, this would take minutes.
  constexpr std::size_t count = 2'000'000;
  Told line(*this, receive_until("ab", count + 2));
  const std::string piece(1'000, 'a');
  for (std::size_t i = 0; i < count; i += piece.size()) {
    stream.comes(piece);
    stream.comes_nothing();
    become_readable();
  }
  stream.comes("b");
  become_readable();
  EXPECT_EQ(line.text().size(), count + 1);
}

TEST_F(ReceivingHalf, takes_many_lines_out_of_one_piece_in_linear_time) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "x\n";
  stream.comes(text);
  half.set_readable();
  // Kept whole, as by a receive that was dropped.
  Told(*this, receive(text.size(), text.size())).drop();
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(Told(*this, receive_until("\n", 9)).text(), "x\n");
}

TEST(KeptBytes, are_given_away_as_a_whole_without_a_copy) {
  KeptBytes kept;
  const std::string text(100'000, 't');
  kept.append(std::as_bytes(std::span(text)));
  const std::byte* where = kept.view().data();
  const Buffer taken = kept.take(kept.size(), nullptr);
  EXPECT_EQ(taken.data(), where);
  EXPECT_EQ(taken.text(), text);
  EXPECT_TRUE(kept.empty());
}

TEST(KeptBytes, keep_their_order_when_some_are_put_back) {
  const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  KeptBytes kept;
  kept.append(bytes("cdef"));
  kept.prepend(bytes("ab"));
  EXPECT_EQ(kept.take(3, nullptr).text(), "abc");
  kept.prepend(bytes("c"));
  kept.prepend(bytes("0123"));
  kept.append(bytes("gh"));
  EXPECT_EQ(kept.take(kept.size(), nullptr).text(), "0123cdefgh");
}

}  // namespace
}  // namespace bowline::drive
