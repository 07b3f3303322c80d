#include "core/framing/framer_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/framing/framing_scene.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct One {
  explicit One(FramerChain::Options options = {}) {
    auto made = std::make_unique<Bracketed>("()");
    framer = made.get();
    std::vector<std::unique_ptr<Framer>> framers;
    framers.push_back(std::move(made));
    scene = std::make_unique<ChainScene>(std::move(framers), std::move(options));
  }
  Bracketed* framer;
  std::unique_ptr<ChainScene> scene;
};

/// Round brackets below, square ones on top.
struct Two {
  Two() {
    auto lower = std::make_unique<Bracketed>("()");
    auto upper = std::make_unique<Bracketed>("[]");
    below = lower.get();
    above = upper.get();
    std::vector<std::unique_ptr<Framer>> framers;
    framers.push_back(std::move(lower));
    framers.push_back(std::move(upper));
    scene = std::make_unique<ChainScene>(std::move(framers));
  }
  Bracketed* below;
  Bracketed* above;
  std::unique_ptr<ChainScene> scene;
};

/// Says HELLO, and is ready once it hears "hello"; on close it says BYE and waits for "bye".
void make_polite(Bracketed& framer) {
  framer.on_start = [&framer](FramerContext& context) -> Result<bool> {
    framer.say(context, "HELLO");
    return false;
  };
  framer.on_close = [&framer](FramerContext& context) -> Result<bool> {
    framer.say(context, "BYE");
    return false;
  };
  framer.on_message = [](FramerContext& context, std::string_view message) -> Result<bool> {
    if (message == "hello") context.mark_ready();
    if (message == "bye") context.mark_closed();
    return message == "hello" || message == "bye";
  };
}

TEST(FramerChain, is_ready_at_once_and_carries_messages_both_ways) {
  One one;
  EXPECT_THAT(one.scene->start().said(), ElementsAre("READY"));
  EXPECT_TRUE(one.scene->send("out").has_value());
  EXPECT_EQ(one.scene->written(), "(out)");
  EXPECT_THAT(one.scene->input("(a)(bc").said(), ElementsAre("a"));
  EXPECT_THAT(one.scene->input("d)()").said(), ElementsAre("bcd", ""));
}

TEST(FramerChain, passes_messages_through_two_framers) {
  Two two;
  EXPECT_THAT(two.scene->start().said(), ElementsAre("READY"));
  EXPECT_TRUE(two.scene->send("out").has_value());
  EXPECT_EQ(two.scene->written(), "([out])");
  EXPECT_THAT(two.scene->input("([a][b)(c])").said(), ElementsAre("a", "bc"));
}

TEST(FramerChain, shakes_hands_bottom_up) {
  Two two;
  make_polite(*two.below);
  make_polite(*two.above);
  EXPECT_THAT(two.scene->start().said(), IsEmpty());
  EXPECT_EQ(two.scene->written(), "(HELLO)");
  EXPECT_THAT(two.scene->input("(hello)").said(), IsEmpty());
  EXPECT_EQ(two.scene->written(), "([HELLO])");
  EXPECT_FALSE(two.scene->chain.is_ready());
  EXPECT_THAT(two.scene->input("([hello][early])").said(), ElementsAre("early", "READY"));
  EXPECT_TRUE(two.scene->chain.is_ready());
}

TEST(FramerChain, keeps_what_comes_before_a_framer_has_started) {
  Two two;
  make_polite(*two.below);
  two.scene->start();
  EXPECT_THAT(two.scene->input("([early])(hello)").said(), ElementsAre("early", "READY"));
}

TEST(FramerChain, says_goodbye_top_down) {
  Two two;
  make_polite(*two.below);
  make_polite(*two.above);
  two.scene->start().input("(hello)").input("([hello])").said();
  two.scene->written();
  EXPECT_THAT(two.scene->close().said(), IsEmpty());
  EXPECT_EQ(two.scene->written(), "([BYE])");
  EXPECT_THAT(two.scene->input("([too late][bye])").said(), IsEmpty());
  EXPECT_EQ(two.scene->written(), "(BYE)");
  EXPECT_THAT(two.scene->input("(bye)").said(), ElementsAre("CLOSED"));
  EXPECT_FALSE(two.scene->chain.deadline());
}

TEST(FramerChain, closes_at_once_if_no_framer_has_a_goodbye) {
  Two two;
  two.scene->start().said();
  EXPECT_THAT(two.scene->close().said(), ElementsAre("CLOSED"));
  EXPECT_THAT(two.scene->input("(])").said(), IsEmpty());
}

TEST(FramerChain, does_not_wait_for_the_goodbye_of_a_peer_that_has_ended) {
  Two two;
  make_polite(*two.above);
  make_polite(*two.below);
  two.scene->start().input("(hello)").input("([hello])").said();
  two.scene->written();
  EXPECT_THAT(two.scene->close().end().said(), ElementsAre("CLOSED"));
  EXPECT_EQ(two.scene->written(), "([BYE])(BYE)");
}

TEST(FramerChain, tells_of_the_peers_goodbye_with_its_code) {
  One one;
  one.framer->on_message = [](FramerContext& context, std::string_view message) -> Result<bool> {
    if (message != "bye") return false;
    context.mark_ended(MessageContext().kind(MessageKind::close).number(1001));
    return true;
  };
  one.scene->start().said();
  EXPECT_THAT(one.scene->input("(last)(bye)(unseen)").said(),
              ElementsAre("last", "ENDED close 1001"));
  EXPECT_THAT(one.scene->input("nonsense)").said(), IsEmpty());
  EXPECT_THAT(one.scene->end().said(), IsEmpty());
  EXPECT_TRUE(one.scene->send("still").has_value());
  EXPECT_EQ(one.scene->written(), "(still)");
}

TEST(FramerChain, passes_an_end_up_through_each_framer) {
  Two two;
  std::string order;
  two.below->on_end = [&](FramerContext&) -> Result<void> {
    order += "below ";
    return {};
  };
  two.above->on_end = [&](FramerContext&) -> Result<void> {
    order += "above";
    return {};
  };
  two.scene->start().said();
  EXPECT_THAT(two.scene->end().said(), ElementsAre("ENDED"));
  EXPECT_EQ(order, "below above");
}

TEST(FramerChain, refuses_an_end_inside_of_a_message) {
  One one;
  one.scene->start().said();
  EXPECT_THAT(one.scene->input("(whole)(ha").end().said(),
              ElementsAre("whole", "FAILED protocol_violation"));
}

TEST(FramerChain, does_not_mind_half_a_message_once_it_closes) {
  One one;
  make_polite(*one.framer);
  one.scene->start().input("(hello)").close().said();
  EXPECT_THAT(one.scene->input("(ha").end().said(), ElementsAre("CLOSED"));
}

TEST(FramerChain, refuses_an_end_during_the_handshake) {
  Two two;
  make_polite(*two.above);
  two.scene->start().said();
  EXPECT_THAT(two.scene->end().said(), ElementsAre("FAILED protocol_violation"));
}

TEST(FramerChain, passes_on_the_last_words_of_a_framer_that_fails) {
  Two two;
  two.above->on_message = [&](FramerContext& context, std::string_view message) -> Result<bool> {
    if (message != "wrong") return false;
    two.above->say(context, "error 1002");
    return Error(ErrorKind::malformed, "test", "wrong");
  };
  two.scene->start().said();
  EXPECT_THAT(two.scene->input("([right][wrong])").said(),
              ElementsAre("right", "FAILED malformed"));
  EXPECT_EQ(two.scene->written(), "([error 1002])");
}

TEST(FramerChain, delivers_what_came_before_the_lower_framer_failed) {
  Two two;
  two.scene->start().said();
  EXPECT_THAT(two.scene->input("([right])wrong)").said(),
              ElementsAre("right", "FAILED protocol_violation"));
}

TEST(FramerChain, lets_a_framer_that_cannot_start_say_why) {
  One one;
  one.framer->on_start = [&](FramerContext& context) -> Result<bool> {
    one.framer->say(context, "sorry");
    return Error(ErrorKind::unsupported, "test", "cannot");
  };
  EXPECT_THAT(one.scene->start().said(), ElementsAre("FAILED unsupported"));
  EXPECT_EQ(one.scene->written(), "(sorry)");
}

TEST(FramerChain, refuses_one_message_and_goes_on) {
  One one;
  one.scene->start();
  EXPECT_EQ(one.scene->send("refused").error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(one.scene->send(std::string(65, 'x')).error().kind(), ErrorKind::message_too_large);
  EXPECT_EQ(one.scene->send("x", MessageContext().complete(false)).error().kind(),
            ErrorKind::unsupported);
  EXPECT_EQ(one.scene->send("x", MessageContext().kind(MessageKind::text)).error().kind(),
            ErrorKind::unsupported);
  EXPECT_EQ(one.scene->written(), "");
  EXPECT_TRUE(one.scene->send("fine").has_value());
  EXPECT_EQ(one.scene->written(), "(fine)");
}

TEST(FramerChain, fails_if_a_message_was_written_in_part) {
  One one;
  one.scene->start().said();
  EXPECT_TRUE(one.scene->send("broken").has_value());
  EXPECT_THAT(one.scene->said(), ElementsAre("FAILED internal"));
  EXPECT_EQ(one.scene->written(), "(broken)");
}

TEST(FramerChain, fails_if_the_framer_below_cannot_carry_what_the_upper_one_wrote) {
  Two two;
  two.below->bytes_max = 10;
  two.scene->start().said();
  EXPECT_TRUE(two.scene->send("nine nine").has_value());
  EXPECT_THAT(two.scene->said(), ElementsAre("FAILED message_too_large"));
}

TEST(FramerChain, sends_and_delivers_pieces_and_what_is_said_of_them) {
  One one;
  one.framer->takes_all = true;
  one.framer->on_message = [](FramerContext& context, std::string_view message) -> Result<bool> {
    context.deliver(bytes_of(message.substr(0, 1)),
                    MessageContext().kind(MessageKind::binary).complete(false));
    context.deliver(bytes_of(message.substr(1)), MessageContext().kind(MessageKind::binary));
    return true;
  };
  one.scene->start().said();
  EXPECT_THAT(one.scene->input("(ab)").said(), ElementsAre("a binary ...", "b binary"));
  EXPECT_TRUE(one.scene->send("p", MessageContext().kind(MessageKind::ping)).has_value());
  EXPECT_EQ(one.scene->written(), "(p)(ping)");
}

TEST(FramerChain, caps_input_that_a_framer_leaves_alone) {
  One one;
  one.scene->start().said();
  EXPECT_THAT(one.scene->input("(" + std::string(65, 'x')).said(), IsEmpty());
  EXPECT_THAT(one.scene->input("x").said(), ElementsAre("FAILED limit_exceeded"));
}

TEST(FramerChain, caps_what_is_read_during_the_handshake) {
  FramerChain::Options options;
  options.handshake_bytes_max = 10;
  One one(options);
  one.framer->on_start = [](FramerContext&) -> Result<bool> { return false; };
  one.scene->start();
  EXPECT_THAT(one.scene->input("(123456)").said(), ElementsAre("123456"));
  EXPECT_THAT(one.scene->input("(1)").said(), ElementsAre("FAILED protocol_violation"));
}

TEST(FramerChain, wakes_a_framer_at_its_instant_and_not_before) {
  Two two;
  two.above->on_start = [](FramerContext& context) -> Result<bool> {
    context.wake_at(context.now() + 5s);
    return false;
  };
  two.above->on_timeout = [&](FramerContext& context) -> Result<void> {
    two.above->say(context, "tick");
    context.mark_ready();
    return {};
  };
  two.scene->start();
  EXPECT_EQ(two.scene->chain.deadline(), two.scene->now + 5s);
  EXPECT_THAT(two.scene->pass(4s).said(), IsEmpty());
  EXPECT_THAT(two.scene->pass(1s).said(), ElementsAre("READY"));
  EXPECT_EQ(two.scene->written(), "([tick])");
  EXPECT_FALSE(two.scene->chain.deadline());
}

TEST(FramerChain, tells_a_framer_whom_it_serves) {
  FramerChain::Options options;
  options.role = FramerRole::server;
  options.remote_address = SocketAddress(IpAddress::loopback(Family::ipv4), 80);
  options.remote_endpoint = std::make_shared<const Endpoint>(host("www.example.com", 80));
  std::string told;
  One one(options);
  one.framer->on_start = [&](FramerContext& context) -> Result<bool> {
    told = to_string(context.remote_endpoint()) + " " + to_string(context.remote_address());
    return context.role() == FramerRole::server;
  };
  EXPECT_THAT(one.scene->start().said(), ElementsAre("READY"));
  EXPECT_EQ(told, "www.example.com:80 127.0.0.1:80");
}

TEST(FramerChain, runs_no_handler_inside_of_another_of_the_same_framer) {
  Two two;
  int depth = 0;
  int deepest = 0;
  // The upper one answers each message, which the lower one has to put while it reads.
  two.below->on_message = [&](FramerContext& context, std::string_view message) -> Result<bool> {
    deepest = std::max(deepest, ++depth);
    context.deliver(bytes_of(message));
    --depth;
    return true;
  };
  two.above->on_message = [&](FramerContext& context, std::string_view message) -> Result<bool> {
    EXPECT_EQ(depth, 0) << "inside of the framer below";
    two.above->say(context, message);
    return true;
  };
  two.scene->start();
  two.scene->input("([one])([two])");
  EXPECT_EQ(two.scene->written(), "([one])([two])");
  EXPECT_EQ(deepest, 1);
}

TEST(FramerChain, gives_unwritten_bytes_away_behind_those_that_were_written) {
  One one;
  one.scene->start();
  static_cast<void>(one.scene->send("abcdef"));
  one.scene->chain.mark_written(3);
  EXPECT_EQ(text_of(one.scene->chain.unwritten()), "cdef)");
  EXPECT_EQ(text_of(one.scene->chain.take_unwritten()), "cdef)");
  EXPECT_TRUE(one.scene->chain.unwritten().empty());
}

using FramerChainDeathTest = testing::Test;

TEST(FramerChainDeathTest, insists_on_being_drained) {
  One one;
  one.scene->chain.start(one.scene->now);
  EXPECT_DEATH(one.scene->chain.close(one.scene->now), "poll\\(\\) until it gives nothing");
}

TEST(FramerChainDeathTest, insists_on_time_that_goes_on) {
  One one;
  one.scene->start();
  EXPECT_DEATH(one.scene->chain.handle_timeout(one.scene->now - 1s), "now went back");
}

}  // namespace
}  // namespace bowline::core
