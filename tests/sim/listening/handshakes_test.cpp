#include <gtest/gtest.h>

#include <bowline/stack.h>

#include <string>
#include <vector>

#include "framers.h"
#include "story.h"

// Accepted connections that shake hands above the transport before they are handed out.

namespace bowline::test {
namespace {

/// A server whose connections want one byte of greeting, and clients that send it when they are told.
struct Handshakes : Scene {
  void accept_all() {
    served.on_connection([this](MessageConnection connection) {
      EXPECT_EQ(connection.state(), ConnectionState::ready);
      handed_out.push_back(std::move(connection));
    });
  }
  void add_clients(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      clients.push_back(connect(*loop, host("www.example.com", 81), tcp()));
    sim.run_for(1s);
  }
  void greet(std::size_t client) {
    clients.at(client).send("!").detach();
    sim.run_for(100ms);
  }

  Listener<MessageConnection> served =
      *listen(*web_loop, everywhere(81), framed(Greeted::make, tcp()));
  Tracing traced = web_loop->trace([this](const TraceEvent& event) {
    if (event.kind == "handshake_failed") ++traced_failures;
  });
  std::vector<StreamConnection> clients;
  std::vector<MessageConnection> handed_out;
  int traced_failures = 0;
};

TEST(AcceptedHandshakes, come_before_the_connection_is_handed_out) {
  Handshakes scene;
  scene.accept_all();
  scene.add_clients(1);
  EXPECT_TRUE(scene.handed_out.empty());
  EXPECT_EQ(scene.served.preparing_count(), 1U);
  EXPECT_EQ(scene.served.open_count(), 1U);
  EXPECT_EQ(scene.served.accepted_count(), 0U);
  scene.greet(0);
  ASSERT_EQ(scene.handed_out.size(), 1U);
  EXPECT_EQ(scene.served.preparing_count(), 0U);
  EXPECT_EQ(scene.served.open_count(), 1U);
  EXPECT_EQ(scene.served.accepted_count(), 1U);
  EXPECT_EQ(scene.served.handshake_failures(), 0U);
}

TEST(AcceptedHandshakes, that_are_slow_do_not_hold_up_the_others) {
  Handshakes scene;
  Outcome accepted(scene.served.accept());
  scene.add_clients(3);
  EXPECT_EQ(scene.served.preparing_count(), 3U) << "although one accept is pending";
  scene.greet(2);
  ASSERT_TRUE(accepted.is_ok());
  EXPECT_EQ((*accepted.result)->remote_address(), scene.clients[2].local_address());
  // Nobody accepts now: the next one that is ready waits.
  scene.greet(0);
  EXPECT_EQ(scene.served.accepted_count(), 1U);
  Outcome next(scene.served.accept());
  scene.sim.run_for(10ms);
  ASSERT_TRUE(next.is_ok());
  EXPECT_EQ((*next.result)->remote_address(), scene.clients[0].local_address());
}

TEST(AcceptedHandshakes, fail_after_ten_seconds) {
  Handshakes scene;
  scene.accept_all();
  scene.add_clients(2);
  Reader silent(scene.clients[0]);
  scene.greet(1);
  scene.sim.run_for(8s);
  EXPECT_EQ(scene.served.handshake_failures(), 0U);
  scene.sim.run_for(2s);
  EXPECT_EQ(scene.served.handshake_failures(), 1U);
  EXPECT_EQ(scene.traced_failures, 1);
  EXPECT_EQ(scene.served.open_count(), 1U);
  EXPECT_TRUE(silent.ended || silent.error.has_value());
  scene.sim.run_for(1h);
  EXPECT_EQ(scene.handed_out.size(), 1U);
  EXPECT_EQ(scene.handed_out[0].state(), ConnectionState::ready) << "it has all the time";
}

TEST(AcceptedHandshakes, fail_after_the_time_that_was_set) {
  Handshakes scene;
  scene.served.handshake_within(2s);
  scene.accept_all();
  scene.add_clients(1);
  EXPECT_EQ(scene.served.preparing_count(), 1U);
  scene.sim.run_for(1500ms);
  EXPECT_EQ(scene.served.handshake_failures(), 1U);
}

TEST(AcceptedHandshakes, fail_if_the_peer_ends_or_breaks_off) {
  Handshakes scene;
  scene.accept_all();
  scene.add_clients(2);
  scene.clients[0].abort();
  scene.clients[1].finish().detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.served.handshake_failures(), 2U);
  EXPECT_EQ(scene.served.open_count(), 0U);
  EXPECT_TRUE(scene.handed_out.empty());
}

TEST(AcceptedHandshakes, are_capped_and_the_next_begin_when_others_end) {
  Handshakes scene;
  scene.served.limit_handshakes(2);
  scene.accept_all();
  scene.add_clients(4);
  EXPECT_EQ(scene.served.preparing_count(), 2U);
  scene.greet(3);
  EXPECT_TRUE(scene.handed_out.empty()) << "it waits in the system's queue";
  scene.greet(0);
  EXPECT_EQ(scene.handed_out.size(), 1U);
  EXPECT_EQ(scene.served.preparing_count(), 2U);
  scene.clients[1].abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.handed_out.size(), 2U);
}

TEST(AcceptedHandshakes, that_are_done_count_until_somebody_accepts) {
  Handshakes scene;
  scene.served.limit_handshakes(2);
  Outcome accepted(scene.served.accept());
  scene.add_clients(4);
  scene.greet(0);
  ASSERT_TRUE(accepted.is_ok());
  for (std::size_t i = 1; i < 4; ++i) scene.greet(i);
  EXPECT_EQ(scene.served.open_count(), 2U) << "one that was accepted, one that is ready";
  scene.accept_all();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.handed_out.size(), 3U);
}

TEST(AcceptedHandshakes, count_as_open) {
  Handshakes scene;
  scene.served.limit_open(1);
  scene.accept_all();
  scene.add_clients(2);
  EXPECT_EQ(scene.served.preparing_count(), 1U);
  scene.greet(1);
  EXPECT_TRUE(scene.handed_out.empty());
  scene.sim.run_for(10s);
  EXPECT_EQ(scene.handed_out.size(), 1U) << "once the silent one is gone";
}

TEST(AcceptedHandshakes, end_with_their_listener) {
  for (const bool all : {false, true}) {
    Handshakes scene;
    Outcome accepted(scene.served.accept());
    scene.add_clients(3);
    scene.greet(1);
    scene.greet(2);
    ASSERT_TRUE(accepted.is_ok());
    EXPECT_EQ(scene.served.open_count(), 3U);
    if (all) {
      Outcome ended(scene.served.close_all(1s));
      scene.sim.run_for(1s);
      EXPECT_TRUE(ended.is_ok());
    } else {
      scene.served.close();
    }
    EXPECT_EQ(scene.served.open_count(), all ? 0U : 1U);
    EXPECT_EQ(scene.served.preparing_count(), 0U);
    EXPECT_EQ(scene.served.handshake_failures(), 0U);
  }
}

TEST(AcceptedHandshakes, end_with_their_loop) {
  Handshakes scene;
  scene.accept_all();
  scene.add_clients(2);
  scene.web_loop.reset();
  EXPECT_EQ(scene.served.open_count(), 0U);
  EXPECT_EQ(scene.served.preparing_count(), 0U);
}

TEST(AcceptedHandshakes, may_close_the_listener_from_the_handler) {
  Handshakes scene;
  scene.served.on_connection([&](const MessageConnection&) { scene.served.close(); });
  scene.add_clients(3);
  scene.greet(1);
  EXPECT_EQ(scene.served.preparing_count(), 0U);
  EXPECT_EQ(scene.served.accepted_count(), 1U);
}

TEST(AcceptedHandshakes, are_not_needed_by_framers_that_are_ready_at_once) {
  Scene scene;
  auto served = *listen(*scene.web_loop, everywhere(81), length_prefixed(tcp()));
  Outcome accepted(served.accept());
  const StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  scene.sim.run_for(1s);
  EXPECT_TRUE(accepted.is_ok());
  EXPECT_EQ(served.preparing_count(), 0U);
}

}  // namespace
}  // namespace bowline::test
