#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>

#include "scene.h"

// What a sink may do: anything that a callback may.

namespace bowline::test {
namespace {

/// Calls `act` for the first event of this kind and id.
struct Once {
  std::string kind;
  std::string id;
  std::function<void()> act;
  bool done = false;

  void operator()(const TraceEvent& event) {
    if (done || event.kind != kind || (!id.empty() && event.id != id)) return;
    done = true;
    act();
  }
};

TEST(TraceSink, may_cancel_the_connection_it_hears_about) {
  for (const char* const kind :
       {"state_changed", "candidates_ordered", "attempt_started", "race_ended", "attempt_ended"}) {
    Scene scene;
    StreamConnection connection = scene.connect_to_web();
    const Tracing tracing = scene.loop->trace(Once{kind, "", [&] { connection.cancel(); }});
    (void)connection.ready().wait();
    EXPECT_EQ(connection.state(), ConnectionState::cancelled) << kind;
  }
}

TEST(TraceSink, may_drop_the_connection_it_hears_about) {
  for (const char* const kind : {"state_changed", "candidates_ordered", "attempt_started",
                                 "race_ended", "attempt_ended", "query_sent", "answered"}) {
    Scene scene;
    auto connection = std::make_unique<StreamConnection>(scene.connect_to_web());
    const Tracing tracing = scene.loop->trace(Once{kind, "", [&] { connection.reset(); }});
    scene.sim.run_for(5s);
    EXPECT_EQ(connection, nullptr) << kind;
    EXPECT_TRUE(scene.loop->residents().empty()) << kind;
  }
}

TEST(TraceSink, may_close_the_listener_and_the_connection_that_was_accepted) {
  Scene scene;
  const Tracing tracing =
      scene.web_loop->trace(Once{"accepted", "", [&] { scene.listener.close(); }});
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  scene.sim.run_for(1s);  // the peer accepts it, and tells
  StreamConnection late =
      connect(*scene.loop, host("203.0.113.80", 80), tcp(), Parameters().wait(Waiting::never));
  EXPECT_EQ(late.ready().wait().error().kind(), ErrorKind::refused);
}

TEST(TraceSink, may_remove_itself_and_others_and_add_some) {
  Scene scene;
  std::string heard;
  Tracing first, second, third;
  first = scene.loop->trace([&](const TraceEvent& event) {
    if (event.kind != "state_changed") return;
    heard += "1";
    second.stop();
    third = scene.loop->trace([&](const TraceEvent& later) {
      if (later.kind == "state_changed") heard += "3";
    });
    first.stop();
  });
  second = scene.loop->trace([&](const TraceEvent& event) {
    if (event.kind == "state_changed") heard += "2";
  });
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(heard, "13") << "preparing to the first, ready to the third";
}

TEST(TraceSink, hears_each_event_in_order_though_another_throws) {
  Scene scene;
  std::vector<std::string> quiet;
  std::vector<std::string> loud;
  const Tracing throws = scene.loop->trace([&](const TraceEvent& event) {
    loud.emplace_back(event.kind);
    throw std::runtime_error("from a sink");
  });
  const Tracing hears =
      scene.loop->trace([&](const TraceEvent& event) { quiet.emplace_back(event.kind); });
  StreamConnection connection = scene.connect_to_web();
  std::size_t thrown = 0;
  const auto run_once = [&] {
    try {
      scene.sim.run_for(1s);
      return true;
    } catch (const std::runtime_error&) {
      ++thrown;
      return false;
    }
  };
  while (!run_once()) {
  }
  EXPECT_EQ(connection.state(), ConnectionState::ready);
  EXPECT_EQ(quiet, loud);
  EXPECT_EQ(thrown, loud.size());
  EXPECT_GT(thrown, 8U);
}

TEST(TraceSink, may_start_operations) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  bool slept = false;
  const Tracing tracing =
      scene.loop->trace(Once{"attempt_started", "", [&] {
                               scene.loop->sleep(1ms).detach([&](Result<void>) { slept = true; });
                               connection.send("hello").detach();
                             }});
  ASSERT_TRUE(connection.ready().wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_TRUE(slept);
  ASSERT_EQ(scene.accepted.size(), 1U);
}

TEST(TraceSink, hears_of_what_happens_outside_of_a_turn) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  std::string detail;
  const Tracing tracing =
      scene.loop->trace([&](const TraceEvent& event) { detail = event.detail; });
  connection.cancel();
  EXPECT_EQ(detail, "") << "never from inside of a call";
  scene.sim.run_for(1ms);
  EXPECT_EQ(detail, "ready -> cancelled");
}

TEST(TraceSink, hears_before_the_completion_what_led_to_it) {
  Scene scene;
  std::string heard;
  const Tracing tracing = scene.loop->trace([&](const TraceEvent& event) {
    if (event.detail == "preparing -> ready") heard += "event ";
  });
  StreamConnection connection = scene.connect_to_web();
  connection.on_state([&](ConnectionState state, const Error*) {
    if (state == ConnectionState::ready) heard += "handler";
  });
  scene.sim.run_for(1s);
  EXPECT_EQ(heard, "event handler");
}

TEST(TraceSink, hears_how_many_events_were_too_many) {
  Scene scene;
  std::size_t told = 0;
  std::string dropped;
  const Tracing tracing = scene.loop->trace([&](const TraceEvent& event) {
    ++told;
    if (event.kind == "events_dropped") dropped = event.detail;
  });
  std::vector<Lookup> lookups;  // two events each: asked, and a query sent
  for (int i = 0; i < 3000; ++i)
    lookups.push_back(
        resolve(*scene.loop, "n" + std::to_string(i) + ".example.com", {"A"}).value());
  EXPECT_EQ(told, 0U);
  lookups.clear();
  (void)scene.loop->run_ready();
  EXPECT_EQ(told, 4097U);
  EXPECT_EQ(dropped, "1904");
}

TEST(TraceSink, hears_nothing_once_the_loop_is_being_destroyed) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  bool gone = false;
  bool heard = false;
  Tracing tracing = scene.loop->trace([&](const TraceEvent&) { heard = heard || gone; });
  gone = true;
  scene.loop.reset();
  EXPECT_FALSE(heard);
  tracing.stop();
}

TEST(Tracing, is_removed_when_it_is_dropped_or_assigned_to) {
  Scene scene;
  auto alive = std::make_shared<int>();
  Tracing tracing = scene.loop->trace([alive](const TraceEvent&) {});
  EXPECT_EQ(alive.use_count(), 2);
  tracing = Tracing();
  EXPECT_EQ(alive.use_count(), 1);
  scene.loop->trace([alive](const TraceEvent&) {}).detach();
  EXPECT_EQ(alive.use_count(), 2);
  scene.loop.reset();
  EXPECT_EQ(alive.use_count(), 1);
}

/// All that goes over the wires, when it went, and how the loop's chance went on.
std::string run_of(bool traced) {
  Scene scene(3);
  Tracing tracing;
  if (traced) tracing = scene.loop->trace([](const TraceEvent&) {});
  scene.home.interface("eth0").set_link(sim::LinkOptions().delay(5ms).loss(0.1));
  StreamConnection first = scene.connect_to_web();
  (void)first.ready().wait();
  // To an address at once: there is nothing to race.
  for (int i = 0; i < 40; ++i) {
    DatagramConnection flow = connect(*scene.loop, host("203.0.113.80", 9), udp());
    flow.send("hello").detach();
    (void)flow.ready().wait();
  }
  StreamConnection second = scene.connect_to_web();
  second.send("hello").detach();
  (void)second.ready().wait();
  scene.sim.run_for(1s);
  return scene.sim.transcript();
}

TEST(Trace, changes_nothing_of_what_happens) { EXPECT_EQ(run_of(true), run_of(false)); }

TEST(Trace, tells_of_a_connection_that_was_there_at_once_as_of_a_race) {
  Scene scene;
  std::vector<std::string> events;
  const Tracing tracing = scene.loop->trace([&](const TraceEvent& event) {
    events.push_back(std::string(event.id) + " " + std::string(event.kind) + " " +
                     std::string(event.detail));
  });
  DatagramConnection flow = connect(*scene.loop, host("203.0.113.80", 9), udp());
  ASSERT_TRUE(flow.ready().wait().has_value());
  EXPECT_EQ(events, (std::vector<std::string>{"C1 state_changed setup -> preparing",
                                              "C1.1 candidates_ordered 1, 203.0.113.80:9 udp",
                                              "C1.1.1 attempt_started udp 203.0.113.80:9",
                                              "C1.1 race_ended won", "C1.1.1 attempt_ended won",
                                              "C1 state_changed preparing -> ready"}));
}

}  // namespace
}  // namespace bowline::test
