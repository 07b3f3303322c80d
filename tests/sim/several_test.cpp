#include <gtest/gtest.h>
#include <bowline/async.h>
#include <bowline/several.h>

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "story.h"

// Several operations as one. Whatever is not needed any more loses nothing.

namespace bowline::test {
namespace {

struct Pair : Connected {
  Pair() { EXPECT_TRUE(connected); }
  void came(std::string_view text) {
    EXPECT_TRUE(server.send(text).wait().has_value());
    sim.run_for(100ms);
  }
};

TEST(Within, an_operation_that_is_done_in_time_completes_as_it_would) {
  Pair scene;
  scene.server.send("soon").detach();
  EXPECT_EQ(scene.client.receive().within(1s).wait()->text(), "soon");
}

TEST(Within, the_time_is_up_and_nothing_is_lost) {
  Pair scene;
  const Instant start = scene.sim.now();
  const Result<Message> late = scene.client.receive().within(200ms).wait();
  EXPECT_EQ(late.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(scene.sim.now() - start, 200ms);
  scene.came("late");
  EXPECT_EQ(scene.client.receive().wait()->text(), "late");
}

TEST(Within, one_that_is_dropped_when_it_is_done_gives_back) {
  Pair scene;
  scene.came("kept");
  {
    Operation<Message> dropped = scene.client.receive().within(1s);
    dropped.start([](const Result<Message>&) { FAIL(); });
  }
  EXPECT_EQ(scene.client.receive().within(1s).wait()->text(), "kept");
}

TEST(Within, one_that_is_stopped_ends_with_cancelled) {
  Pair scene;
  Operation<Message> receive = scene.client.receive().within(1h);
  std::optional<ErrorKind> error;
  receive.start([&](const Result<Message>& message) { error = message.error().kind(); });
  receive.cancel();
  scene.sim.run_for(1ms);
  EXPECT_EQ(error, ErrorKind::cancelled);
}

TEST(All, completes_when_the_last_one_is_done) {
  Pair scene;
  const Instant start = scene.sim.now();
  const auto both = all(scene.loop->sleep(3s), scene.loop->sleep(1s)).wait();
  EXPECT_EQ(scene.sim.now() - start, 3s);
  ASSERT_TRUE(both.has_value());
  EXPECT_TRUE(std::get<0>(*both).has_value());
  EXPECT_TRUE(std::get<1>(*both).has_value());
}

TEST(All, tells_each_ones_result) {
  Pair scene;
  scene.came("text");
  const auto both = all(scene.client.receive(), scene.client.receive(1, 0)).wait();
  EXPECT_EQ(std::get<0>(*both)->text(), "text");
  EXPECT_EQ(std::get<1>(*both).error().kind(), ErrorKind::invalid_argument);
}

TEST(All, one_that_is_over_before_the_last_gives_back_what_the_others_had) {
  Pair scene;
  scene.came("first second");
  const auto late = all(scene.client.receive(1, 6), scene.loop->sleep(1h)).within(1s).wait();
  EXPECT_EQ(late.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(scene.client.receive(12, 20).wait()->text(), "first second");
}

TEST(All, what_was_received_behind_it_stays_behind_it) {
  Pair scene;
  scene.came("abcdef");
  {
    auto whole = all(scene.client.receive(1, 2), scene.client.receive(1, 2), scene.loop->sleep(1h));
    whole.start([](const auto&) { FAIL(); });
    scene.loop->run_ready();
    scene.loop->run_ready();
  }
  EXPECT_EQ(scene.client.receive(6, 6).wait()->text(), "abcdef");
}

TEST(Race, the_first_wins_and_the_others_lose_nothing) {
  Pair scene;
  const auto won = race(scene.client.receive(), scene.loop->sleep(50ms)).wait();
  EXPECT_EQ(won->index(), 1U);
  scene.came("later");
  const auto text = race(scene.client.receive(), scene.loop->sleep(50ms)).wait();
  ASSERT_EQ(text->index(), 0U);
  EXPECT_EQ(std::get<0>(*text)->text(), "later");
}

TEST(Race, losers_that_are_done_as_well_give_back) {
  Pair scene;
  scene.came("one two");
  const auto won = race(scene.client.receive(1, 3), scene.client.receive(1, 4)).wait();
  ASSERT_EQ(won->index(), 0U);
  EXPECT_EQ(std::get<0>(*won)->text(), "one");
  EXPECT_EQ(scene.client.receive(4, 4).wait()->text(), " two");
}

TEST(Any, the_first_success_counts_and_not_the_first_end) {
  Pair scene;
  scene.came("text");
  EXPECT_EQ(any(scene.client.receive(1, 0), scene.client.receive()).wait()->text(), "text");
  EXPECT_EQ(any(scene.client.receive(1, 0), scene.client.receive(2, 1)).wait().error().kind(),
            ErrorKind::invalid_argument);
}

Task<> receive_for_a_while(Pair& scene, std::optional<std::string>& got) {
  const Result<Message> nothing = co_await scene.client.receive().within(10ms);
  if (nothing.has_value()) co_return;
  const auto both = co_await all(scene.client.receive().within(10s), scene.server.send("sent"));
  if (both.has_value()) got = std::string(std::get<0>(*both)->text());
}

TEST(Several, are_awaited_like_any_operation) {
  Pair scene;
  std::optional<std::string> got;
  spawn(receive_for_a_while(scene, got));
  ASSERT_TRUE(scene.sim.run_until([&] { return got.has_value(); }));
  EXPECT_EQ(got, "sent");
}

TEST(Several, go_with_their_loop_uncalled) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> alive = token;
  Pair scene;
  scene.came("x");
  const auto never = [token](const auto&...) { FAIL(); };
  token.reset();
  auto held = all(scene.client.receive(), scene.loop->sleep(1h));
  held.start(never);
  all(scene.loop->sleep(0s), scene.loop->sleep(1h)).detach(never);
  race(scene.loop->sleep(2h), scene.loop->sleep(1h)).detach(never);
  any(scene.loop->sleep(2h), scene.loop->sleep(1h)).within(1h).detach(never);
  scene.sim.run_for(1s);
  scene.loop.reset();
  EXPECT_EQ(alive.use_count(), 1) << "of `never` itself";
  held = {};
}

}  // namespace
}  // namespace bowline::test
