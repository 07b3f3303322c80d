#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/framing/framing_scene.h"
#include "core/framing/length_prefix.h"
#include "core/framing/lines.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

std::unique_ptr<ChainScene> started(std::unique_ptr<Framer> framer) {
  std::vector<std::unique_ptr<Framer>> framers;
  framers.push_back(std::move(framer));
  auto scene = std::make_unique<ChainScene>(std::move(framers));
  scene->start().said();
  return scene;
}
std::unique_ptr<ChainScene> lines(LineFraming framing = {}) {
  return started(make_line_framer(framing));
}
std::unique_ptr<ChainScene> prefixed(LengthPrefix prefix) {
  return started(make_length_prefix_framer(prefix));
}

TEST(Lines, are_cut_at_line_feeds) {
  const auto scene = lines();
  EXPECT_THAT(scene->input("one\ntwo\r\n\nth").said(), ElementsAre("one", "two\r", ""));
  EXPECT_THAT(scene->input("ree\n").said(), ElementsAre("three"));
  EXPECT_TRUE(scene->send("out").has_value());
  EXPECT_EQ(scene->written(), "out\n");
}

TEST(Lines, are_cut_at_both_octets_of_crlf_wherever_they_are_split) {
  const auto scene = lines(LineFraming().delimiter(LineDelimiter::crlf));
  std::vector<std::string> heard;
  for (const char octet : "a\nb\r\n\rc\r\n\r\n"s)
    for (std::string& line : scene->input(std::string_view(&octet, 1)).said())
      heard.push_back(std::move(line));
  EXPECT_THAT(heard, ElementsAre("a\nb", "\rc", ""));
  EXPECT_TRUE(scene->send("line\nfeed").has_value());
  EXPECT_EQ(scene->written(), "line\nfeed\r\n");
}

TEST(Lines, keep_their_delimiter_if_asked_to_and_can_be_sent_on_as_they_came) {
  const auto scene = lines(LineFraming().keep_delimiter(true).line_bytes_max(4));
  EXPECT_THAT(scene->input("four\n").said(), ElementsAre("four\n"));
  EXPECT_TRUE(scene->send("four\n").has_value());
  EXPECT_TRUE(scene->send("two").has_value());
  EXPECT_EQ(scene->written(), "four\ntwo\n");
  EXPECT_EQ(scene->send("five5").error().kind(), ErrorKind::message_too_large);
  EXPECT_EQ(scene->send("a\nb\n").error().kind(), ErrorKind::invalid_argument);
}

TEST(Lines, to_send_hold_no_delimiter) {
  const auto scene = lines();
  EXPECT_EQ(scene->send("two\nlines").error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene->send("end\n").error().kind(), ErrorKind::invalid_argument);
  EXPECT_TRUE(scene->send("one").has_value());
  EXPECT_EQ(scene->written(), "one\n");
}

TEST(Lines, longer_than_the_limit_end_the_connection_before_their_end_has_come) {
  const auto scene = lines(LineFraming().line_bytes_max(5));
  EXPECT_THAT(scene->input("12345\n12345").said(), ElementsAre("12345"));
  EXPECT_THAT(scene->input("6").said(), ElementsAre("FAILED limit_exceeded"));
}

TEST(Lines, longer_than_the_limit_are_refused_with_their_end_too) {
  EXPECT_THAT(lines(LineFraming().line_bytes_max(5))->input("123456\n").said(),
              ElementsAre("FAILED limit_exceeded"));
}

TEST(Lines, of_the_longest_kind_pass_with_crlf_too) {
  const auto scene = lines(LineFraming().delimiter(LineDelimiter::crlf).line_bytes_max(5));
  EXPECT_THAT(scene->input("12345\r").said(), IsEmpty());
  EXPECT_THAT(scene->input("\n123456\r\n").said(), ElementsAre("12345", "FAILED limit_exceeded"));
}

TEST(Lines, without_an_end_are_a_violation) {
  EXPECT_THAT(lines()->input("one\ntwo").end().said(),
              ElementsAre("one", "FAILED protocol_violation"));
  EXPECT_THAT(lines()->input("one\n").end().said(), ElementsAre("one", "ENDED"));
}

TEST(LengthPrefixed, messages_come_back_whole_whatever_their_prefix) {
  for (const unsigned bytes : {1U, 2U, 4U, 8U}) {
    const auto scene = prefixed(LengthPrefix().bytes(bytes));
    ASSERT_TRUE(scene->send("message").has_value());
    ASSERT_TRUE(scene->send("").has_value());
    const std::string wire = scene->written();
    EXPECT_EQ(wire.size(), 7 + 2 * bytes);
    EXPECT_THAT(scene->input(wire).said(), ElementsAre("message", ""));
  }
}

TEST(LengthPrefixed, messages_above_the_limit_are_refused_both_ways) {
  const auto scene = prefixed(LengthPrefix().bytes(1).message_bytes_max(4));
  EXPECT_EQ(scene->send("12345").error().kind(), ErrorKind::message_too_large);
  EXPECT_THAT(scene->input("\4four\5five5").said(), ElementsAre("four", "FAILED limit_exceeded"));
}

TEST(LengthPrefixed, a_prefix_of_three_bytes_is_refused) {
  std::vector<std::unique_ptr<Framer>> framers;
  framers.push_back(make_length_prefix_framer(LengthPrefix().bytes(3)));
  ChainScene scene(std::move(framers));
  EXPECT_THAT(scene.start().said(), ElementsAre("FAILED invalid_argument"));
}

TEST(LengthPrefixed, half_a_message_at_the_end_is_a_violation) {
  EXPECT_THAT(prefixed(LengthPrefix().bytes(1))->input("\4fo").end().said(),
              ElementsAre("FAILED protocol_violation"));
}

}  // namespace
}  // namespace bowline::core
