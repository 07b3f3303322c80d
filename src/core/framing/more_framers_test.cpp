#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/framing/framers.h"
#include "core/framing/framing_scene.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

std::unique_ptr<ChainScene> ready_with(std::unique_ptr<Framer> framer) {
  std::vector<std::unique_ptr<Framer>> framers;
  framers.push_back(std::move(framer));
  auto scene = std::make_unique<ChainScene>(std::move(framers));
  scene->start().said();
  return scene;
}

/// What comes of these octets, one at a time.
std::vector<std::string> heard_of(std::unique_ptr<Framer> framer, std::string_view octets) {
  const auto scene = ready_with(std::move(framer));
  for (const char octet : octets) scene->input({&octet, 1});
  return scene->said();
}

std::string written_by(std::unique_ptr<Framer> framer, std::string_view message,
                       const MessageContext& context = {}) {
  const auto scene = ready_with(std::move(framer));
  const auto sent = scene->send(message, context);
  return sent.has_value() ? scene->written()
                          : "refused " + std::string(to_string(sent.error().kind()));
}

/// Random messages, some of them empty or full of what has to be escaped, come as they went.
template <class Make>
void expect_round_trips(Make make, std::size_t bytes_min) {
  SeededRandom random(17);
  const auto out = ready_with(make());
  const auto in = ready_with(make());
  for (int round = 0; round < 300; ++round) {
    std::string message(bytes_min + random.below(round % 10 == 0 ? 2000 : 20), '\0');
    for (char& octet : message)
      octet =
          "\0\xc0\xdb\xdc\xdd\xff\x01"
          "ab"[random.below(9)];
    if (round % 7 == 0) message.assign(message.size(), 'x');
    ASSERT_TRUE(out->send(message).has_value());
    EXPECT_THAT(in->input(out->written()).said(), ElementsAre(message)) << "round " << round;
  }
}

TEST(TypeLengthValue, has_widths_and_an_order_of_octets) {
  const auto wide = TlvFraming().type_bytes(2).length_bytes(4);
  EXPECT_EQ(written_by(make_tlv_framer(wide), "abc", MessageContext().number(0x102)),
            "\x01\x02\0\0\0\x03"
            "abc"s);
  EXPECT_EQ(written_by(make_tlv_framer(TlvFraming(wide).little_endian(true)), "abc",
                       MessageContext().number(0x102)),
            "\x02\x01\x03\0\0\0"
            "abc"s);
  EXPECT_THAT(heard_of(make_tlv_framer({}), "\x07\0\x02hi\0\0\0"s), ElementsAre("hi 7", ""));
  EXPECT_EQ(written_by(make_tlv_framer({}), "x", MessageContext().number(256)),
            "refused unsupported");
  EXPECT_EQ(written_by(make_tlv_framer(TlvFraming().length_bytes(1)), std::string(256, 'x')),
            "refused message_too_large");
  EXPECT_THAT(heard_of(make_tlv_framer(TlvFraming().message_bytes_max(3)), "\x07\0\x04"s),
              ElementsAre("FAILED limit_exceeded"));
  EXPECT_THAT(ready_with(make_tlv_framer(TlvFraming().type_bytes(3)))->said(), IsEmpty());
  std::vector<std::unique_ptr<Framer>> bad;
  bad.push_back(make_tlv_framer(TlvFraming().type_bytes(3)));
  EXPECT_THAT(ChainScene(std::move(bad)).start().said(), ElementsAre("FAILED invalid_argument"));
}

TEST(VarintPrefixed, has_lengths_of_any_size) {
  EXPECT_EQ(written_by(make_varint_framer({}), "abc"),
            "\x03"
            "abc");
  EXPECT_EQ(written_by(make_varint_framer({}), std::string(300, 'x')),
            "\xac\x02" + std::string(300, 'x'));
  expect_round_trips([] { return make_varint_framer({}); }, 0);
  EXPECT_THAT(heard_of(make_varint_framer(VarintPrefix().message_bytes_max(100)), "\xac\x02"),
              ElementsAre("FAILED limit_exceeded"));
  EXPECT_THAT(heard_of(make_varint_framer(VarintPrefix().message_bytes_max(SIZE_MAX)),
                       "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),
              ElementsAre("FAILED malformed"));
}

TEST(Slip, escapes_its_marks) {
  EXPECT_EQ(written_by(make_slip_framer({}), "a\xc0\xdb"),
            "\xc0"
            "a\xdb\xdc\xdb\xdd\xc0");
  EXPECT_EQ(written_by(make_slip_framer({}), ""), "refused invalid_argument");
  expect_round_trips([] { return make_slip_framer({}); }, 1);
  EXPECT_THAT(heard_of(make_slip_framer({}), "\xc0\xc0one\xc0two\xc0"), ElementsAre("one", "two"));
  EXPECT_THAT(heard_of(make_slip_framer({}), "a\xdb\xc0"), ElementsAre("FAILED malformed"));
  EXPECT_THAT(heard_of(make_slip_framer(SlipFraming().skip_damaged(true)), "a\xdbx\xc0good\xc0"),
              ElementsAre("good"));
  EXPECT_THAT(heard_of(make_slip_framer(SlipFraming().message_bytes_max(4)), "12345\xc0"),
              ElementsAre("FAILED limit_exceeded"));
  EXPECT_THAT(heard_of(make_slip_framer(SlipFraming().message_bytes_max(4)), "123456789"),
              ElementsAre("FAILED limit_exceeded"));
}

TEST(Cobs, has_no_zero_inside) {
  EXPECT_EQ(written_by(make_cobs_framer({}), ""), "\x01\0"s);
  EXPECT_EQ(written_by(make_cobs_framer({}), "\0"s), "\x01\x01\0"s);
  EXPECT_EQ(written_by(make_cobs_framer({}), "\x11\x22\0\x33"s), "\x03\x11\x22\x02\x33\0"s);
  EXPECT_EQ(written_by(make_cobs_framer({}), std::string(254, 'x')),
            "\xff" + std::string(254, 'x') + "\0"s);
  EXPECT_EQ(written_by(make_cobs_framer({}), std::string(255, 'x')),
            "\xff" + std::string(254, 'x') + "\x02x\0"s);
  expect_round_trips([] { return make_cobs_framer({}); }, 0);
  EXPECT_THAT(heard_of(make_cobs_framer({}), "\0\0\x02x\0"s), ElementsAre("x"));
  EXPECT_THAT(heard_of(make_cobs_framer({}), "\x05x\0"s), ElementsAre("FAILED malformed"));
  EXPECT_THAT(heard_of(make_cobs_framer(CobsFraming().skip_damaged(true)), "\x05x\0\x02y\0"s),
              ElementsAre("y"));
}

TEST(JsonFramed, ends_values_where_they_end) {
  EXPECT_THAT(heard_of(make_json_framer({}), R"({"a":[1,"}\"]"]} [] "x\\" 17 true{"b":2})"s),
              ElementsAre(R"({"a":[1,"}\"]"]})", "[]", R"("x\\")", "17", "true", R"({"b":2})"));
  EXPECT_THAT(heard_of(make_json_framer({}), "{]"), ElementsAre("FAILED malformed"));
  EXPECT_THAT(heard_of(make_json_framer({}), "\x1e{}"), ElementsAre("FAILED malformed"));
  EXPECT_THAT(heard_of(make_json_framer(JsonFraming().depth_max(3)), "[[[[]]]]"),
              ElementsAre("FAILED limit_exceeded"));
  EXPECT_THAT(heard_of(make_json_framer(JsonFraming().message_bytes_max(5)), "\"12345\""),
              ElementsAre("FAILED limit_exceeded"));
  const auto scene = ready_with(make_json_framer({}));
  EXPECT_THAT(scene->input("12").end().said(), ElementsAre("12", "ENDED"));
  EXPECT_THAT(ready_with(make_json_framer({}))->input("[12").end().said(),
              ElementsAre("FAILED protocol_violation"));
}

TEST(JsonFramed, writes_text_sequences) {
  const auto sequence = JsonFraming().text_sequence(true);
  EXPECT_EQ(written_by(make_json_framer(sequence), "{}"), "\x1e{}\n");
  EXPECT_EQ(written_by(make_json_framer({}), "17"), "17\n");
  for (const char* bad : {"", "{} {}", "{", "x", "{} "})
    EXPECT_EQ(written_by(make_json_framer({}), bad), "refused invalid_argument") << bad;
  EXPECT_THAT(heard_of(make_json_framer(sequence),
                       "\x1e\x1e{\"a\":\n1}\n\x1e"
                       "17\n"),
              ElementsAre("{\"a\":\n1}", "17"));
}

}  // namespace
}  // namespace bowline::core
