#include <gtest/gtest.h>

#include "story.h"

// How the datagrams of one listener become connections, and for how long.

namespace bowline::test {
namespace {

using enum ConnectionState;

struct Flows : Scene {
  explicit Flows(UdpOptions options = {}) {
    flows = *listen(*web_loop, everywhere(90), Udp(options));
  }
  [[nodiscard]] DatagramConnection connect_flow() {
    return connect(*loop, host("www.example.com", 90), udp());
  }
  void collect() {
    flows.on_connection([this](DatagramConnection flow) { servers.push_back(std::move(flow)); });
  }

  Listener<DatagramConnection> flows;
  std::vector<DatagramConnection> servers;
};

TEST(Datagrams, are_complete_and_not_an_end) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  client.send("one").detach();
  client.send("").detach();
  client.send("three").detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  for (const char* expected : {"one", "", "three"}) {
    const Result<Message> message = scene.servers.front().receive().wait();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->text(), expected);
    EXPECT_TRUE(message->is_complete());
    EXPECT_FALSE(message->end_of_stream());
  }
  EXPECT_EQ(scene.servers.front().state(), ready);
}

TEST(Datagrams, around_one_that_is_too_large_are_sent_all_the_same) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string large(70'000, 'l');
  Outcome before(client.send("before"));
  Outcome refused(client.send(large));
  Outcome after(client.send("after"));
  scene.sim.run_for(100ms);
  EXPECT_TRUE(before.is_ok() && after.is_ok());
  EXPECT_EQ(refused.error(), ErrorKind::message_too_large);
  for (const char* expected : {"before", "after"})
    EXPECT_EQ(scene.servers.front().receive().wait()->text(), expected);
}

TEST(Datagrams, that_somebody_waits_for_are_not_dropped_by_the_cap_of_the_queue) {
  for (const std::size_t queue_max : {0U, 1U, 256U}) {
    Flows scene(UdpOptions().queue_max(queue_max));
    scene.collect();
    DatagramConnection client = scene.connect_flow();
    ASSERT_TRUE(client.send("hello").wait().has_value());
    ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
    Outcome first(scene.servers.front().receive());
    Outcome second(scene.servers.front().receive());
    Outcome third(scene.servers.front().receive());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.send("again").wait().has_value());
    scene.sim.run_for(100ms);
    EXPECT_TRUE(first.is_ok() && second.is_ok() && third.is_ok()) << queue_max;
  }
}

TEST(UdpFlows, that_nobody_takes_keep_no_more_than_a_quarter_of_a_megabyte) {
  Flows scene(UdpOptions().queue_max(100'000));
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  const std::string datagram(1000, 'x');
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client.send(datagram).wait().has_value());
  scene.sim.run_for(1s);
  std::size_t kept = 0;
  for (;;) {
    Outcome received(scene.servers.front().receive());
    scene.sim.run_for(1ms);
    if (!received.is_ok()) break;
    kept += (*received.result)->size();
  }
  EXPECT_GT(kept, 200U * 1024);
  EXPECT_LE(kept, 256U * 1024);
}

TEST(UdpFlows, without_credits_are_not_even_made) {
  Flows scene;
  scene.flows.limit_new(0);
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("lost").wait().has_value());
  scene.sim.run_for(1s);
  scene.collect();
  scene.flows.limit_new(1);
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.servers.empty());
  ASSERT_TRUE(client.send("found").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  EXPECT_EQ(scene.servers.front().receive().wait()->text(), "found");
}

TEST(UdpFlows, are_one_connection_for_each_four_tuple) {
  Flows scene;
  scene.collect();
  DatagramConnection first = scene.connect_flow();
  DatagramConnection second = scene.connect_flow();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(first.send("first").wait().has_value());
    ASSERT_TRUE(second.send("second").wait().has_value());
    scene.sim.run_for(100ms);
  }
  ASSERT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 2U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(scene.servers[0].receive().wait()->text(), "first");
    EXPECT_EQ(scene.servers[1].receive().wait()->text(), "second");
  }
  ASSERT_TRUE(scene.servers[1].send("to second").wait().has_value());
  EXPECT_EQ(second.receive().wait()->text(), "to second");
}

TEST(UdpFlows, expire_after_five_minutes_of_silence) {
  Flows scene;
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  Story story;
  story.follow(scene.servers.front(), scene.sim);
  scene.sim.run_for(4min);
  scene.servers.front().send("our own traffic counts").detach();
  const Instant used = scene.sim.now();
  ASSERT_TRUE(scene.sim.run_until([&] { return !story.changes.empty(); }));
  EXPECT_EQ(story.changes.front().state, failed);
  EXPECT_EQ(story.changes.front().error, ErrorKind::timed_out);
  EXPECT_EQ(story.changes.front().at - used, 5min);
  EXPECT_EQ(scene.flows.open_count(), 0U);
  ASSERT_TRUE(client.send("again").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return scene.servers.size() == 2; }));
}

TEST(UdpFlows, expire_after_the_time_that_was_set) {
  Flows scene(UdpOptions().idle_timeout(2s));
  scene.collect();
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.servers.empty(); }));
  scene.sim.run_for(1900ms);
  EXPECT_EQ(scene.servers.front().state(), ready);
  scene.sim.run_for(200ms);
  EXPECT_EQ(scene.servers.front().state(), failed);
}

TEST(UdpFlows, that_nobody_accepted_in_time_are_never_delivered) {
  Flows scene(UdpOptions().idle_timeout(2s));
  DatagramConnection client = scene.connect_flow();
  ASSERT_TRUE(client.send("hello").wait().has_value());
  scene.sim.run_for(10s);
  scene.collect();
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.servers.empty());
  ASSERT_TRUE(client.send("again").wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_EQ(scene.servers.size(), 1U);
  EXPECT_EQ(scene.servers.front().receive().wait()->text(), "again");
}

TEST(UdpFlows, keep_within_the_listeners_cap_and_go_on_when_one_closes) {
  Flows scene;
  scene.flows.limit_open(2);
  std::vector<DatagramConnection> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(scene.connect_flow());
    ASSERT_TRUE(clients.back().send(std::to_string(i)).wait().has_value());
  }
  scene.sim.run_for(1s);
  scene.collect();
  scene.sim.run_for(1s);
  ASSERT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.open_count(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 2U);
  scene.servers.erase(scene.servers.begin());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.servers.size(), 2U);
  EXPECT_EQ(scene.flows.accepted_count(), 3U);
}

}  // namespace
}  // namespace bowline::test
