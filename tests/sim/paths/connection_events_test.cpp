#include "uplinks.h"

#include <gtest/gtest.h>

#include <utility>

// What a ready connection tells of its way, and how to move to a better one.

namespace bowline::test {
namespace {

/// Everything that a connection's handlers were told, in order.
struct Told {
  explicit Told(Connection& connection) {
    connection.on_viability(
        [this](bool viable) { all.push_back(viable ? "viable" : "not viable"); });
    connection.on_better_path([this](bool better) { all.push_back(better ? "better" : "best"); });
    connection.on_path_changed([this](const Path& path) {
      all.push_back("path " + (path.interfaces().empty() ? "none" : path.interfaces()[0].name()));
    });
  }
  [[nodiscard]] Names take() { return std::exchange(all, {}); }
  Names all;
};

TEST(ConnectionEvents, viability_goes_and_comes_with_the_carrier) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web(Parameters().interface("eth0"));
  Told told(client);
  StreamConnection server = scene.accepted_end(client);
  scene.sim.run_for(1s);
  EXPECT_EQ(told.take(), Names{});
  scene.cable().set_running(false);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"not viable", "path eth0"}));
  EXPECT_EQ(client.state(), ConnectionState::ready);
  scene.cable().set_running(true);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"viable", "path eth0"}));
  ASSERT_TRUE(client.send("still here").wait().has_value());
  EXPECT_EQ(server.receive().wait().value().text(), "still here");
}

TEST(ConnectionEvents, a_better_path_is_told_and_a_replacement_goes_over_it) {
  Uplinks scene;
  scene.cable().set_running(false);
  StreamConnection client = scene.connect_to_web();
  StreamConnection server = scene.accepted_end(client);
  ASSERT_EQ(client.path()->interfaces().at(0).name(), "wwan0");
  EXPECT_TRUE(client.path()->is_expensive());
  Told told(client);
  scene.cable().set_running(true);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"better"}));
  StreamConnection next = client.replacement().value();
  ASSERT_TRUE(next.ready().wait().has_value());
  EXPECT_EQ(next.report().interface(), "eth0");
  EXPECT_EQ(client.state(), ConnectionState::ready);
  scene.cable().set_running(false);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"best"}));
}

TEST(ConnectionEvents, what_a_connection_may_not_use_is_not_better) {
  Uplinks scene;
  scene.cable().set_running(false);
  StreamConnection client = scene.connect_to_web(Parameters().require(InterfaceType::cellular));
  (void)scene.accepted_end(client);
  StreamConnection bound = scene.connect_to_web(Parameters().interface("wwan0"));
  (void)scene.accepted_end(bound);
  Told told(client);
  Told told_bound(bound);
  scene.cable().set_running(true);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), Names{});
  EXPECT_EQ(told_bound.take(), Names{});
}

TEST(ConnectionEvents, an_address_that_goes_takes_the_path_with_it) {
  Uplinks scene;
  StreamConnection client = connect(*scene.loop, host("203.0.113.80", 80), tcp());
  (void)scene.accepted_end(client);
  Told told(client);
  scene.cable().remove_address("192.0.2.10");
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"not viable", "better", "path none"}));
}

TEST(ConnectionEvents, an_accepted_connection_has_no_better_path_and_no_replacement) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web();
  StreamConnection server = scene.accepted_end(client);
  Told told(server);
  EXPECT_EQ(server.replacement().error().kind(), ErrorKind::unsupported);
  sim::Interface& second =
      scene.web.attach(scene.internet, "eth1", {"203.0.113.81/24"}, sim::AttachOptions().metric(1));
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), Names{});
  scene.web.interface("eth0").set_running(false);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), (Names{"not viable", "path eth0"}));
  (void)second;
}

TEST(ConnectionEvents, handlers_may_drop_the_connection) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web();
  (void)scene.accepted_end(client);
  int told = 0;
  client.on_viability([&, held = std::string(100, 'x')](bool) {
    client = {};
    told += static_cast<int>(held.size());
  });
  client.on_path_changed([&](const Path&) { ++told; });
  scene.cable().set_running(false);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told, 100);
}

TEST(ConnectionEvents, what_flaps_is_told_as_it_is_in_the_end) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web();
  (void)scene.accepted_end(client);
  Told told(client);
  for (int i = 0; i < 100; ++i) scene.cable().set_running(i % 2 == 1);
  scene.sim.run_for(100ms);
  EXPECT_EQ(told.take(), Names{});
}

TEST(TransferReport, counts_from_its_start_to_its_end) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web();
  TransferMeasurement whole = client.measure_transfer();
  StreamConnection server = scene.accepted_end(client);
  ASSERT_TRUE(client.send(std::string(10'000, 'x')).wait().has_value());
  ASSERT_TRUE(server.receive_exactly(10'000).wait().has_value());
  scene.sim.run_for(1s);
  TransferMeasurement second = client.measure_transfer();
  ASSERT_TRUE(server.send(std::string(3000, 'y')).wait().has_value());
  ASSERT_TRUE(client.receive_exactly(3000).wait().has_value());
  scene.sim.run_for(1s);
  const DataTransferReport later = second.collect();
  EXPECT_EQ(later.bytes_sent(), 0U);
  EXPECT_EQ(later.bytes_received(), 3000U);
  EXPECT_EQ(later.interface(), "eth0");
  const DataTransferReport all = whole.collect();
  EXPECT_EQ(all.bytes_sent(), 10'000U);
  EXPECT_EQ(all.bytes_acknowledged(), 10'000U);
  EXPECT_EQ(all.bytes_received(), 3000U);
  EXPECT_GE(all.packets_sent(), 7U);
  EXPECT_GT(all.duration(), later.duration());
  EXPECT_GE(*all.smoothed_rtt(), 20ms);
  EXPECT_EQ(whole.collect().bytes_sent(), 10'000U);
}

TEST(TransferReport, ends_with_its_connection_and_is_zero_for_one_that_never_was) {
  Uplinks scene;
  StreamConnection never = scene.connect_to_web(Parameters().require(InterfaceType::wifi));
  TransferMeasurement nothing = never.measure_transfer();
  never.cancel();
  EXPECT_EQ(nothing.collect().packets_sent(), 0U);
  EXPECT_EQ(nothing.collect().duration(), Duration::zero());

  StreamConnection client = scene.connect_to_web();
  TransferMeasurement measurement = client.measure_transfer();
  StreamConnection server = scene.accepted_end(client);
  ASSERT_TRUE(client.send("hello").wait().has_value());
  scene.sim.run_for(100ms);
  client.abort();
  client = {};
  scene.sim.run_for(1min);
  EXPECT_EQ(measurement.collect().bytes_sent(), 5U);
  EXPECT_LT(measurement.collect().duration(), 1s);
  TransferMeasurement dropped = server.measure_transfer();
}

TEST(TransferReport, tells_what_was_lost_and_sent_again) {
  Uplinks scene;
  StreamConnection client = scene.connect_to_web();
  StreamConnection server = scene.accepted_end(client);
  TransferMeasurement measurement = client.measure_transfer();
  scene.cable().set_outgoing(sim::LinkOptions().delay(5ms).loss(0.2));
  const std::string much(200'000, 'x');
  Operation<void> sending = client.send(much);
  sending.start([](Result<void>&&) {});
  ASSERT_TRUE(server.receive_exactly(much.size()).wait().has_value());
  EXPECT_GT(measurement.collect().bytes_retransmitted(), 0U);
}

}  // namespace
}  // namespace bowline::test
