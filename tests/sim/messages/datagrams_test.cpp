#include <gtest/gtest.h>
#include <bowline/stack.h>

#include <functional>

#include "story.h"

// What users can say and hear of single datagrams, in which order they are served, and how a UDP server ends.

namespace bowline::test {
namespace {

/// A client of a UDP listener, whose flow has heard of it.
struct Flow : Scene {
  Flow(const Udp& client_stack, const Udp& server_stack)
      : flows(*listen(*web_loop, everywhere(90), server_stack)),
        client(connect(*loop, host("www.example.com", 90), client_stack)) {
    flows.on_connection([this](DatagramConnection flow) { server = std::move(flow); });
  }
  /// What the server has heard first.
  [[nodiscard]] Message first(std::string_view text) {
    client.send(text).detach();
    EXPECT_TRUE(sim.run_until([this] { return static_cast<bool>(server); }));
    return server.receive().wait().value();
  }

  Listener<DatagramConnection> flows;
  DatagramConnection client;
  DatagramConnection server;
};

constexpr std::uint32_t eth0 = 2;

TEST(Datagrams, say_what_the_network_said_of_them_both_ways) {
  Flow scene(udp().ecn(Ecn::ect0).hop_limit(9).receive_facts(true),
             udp().ecn(Ecn::ect1).hop_limit(255).receive_facts(true));
  EXPECT_EQ(scene.first("there").datagram_facts(), (DatagramFacts{eth0, 9, Ecn::ect0}));
  scene.server.send("back").detach();
  const MessageBatch back = scene.client.receive_batch().wait().value();
  EXPECT_EQ(back.datagram_facts(), (DatagramFacts{eth0, 255, Ecn::ect1}));
}

TEST(Datagrams, say_nothing_of_it_unless_asked) {
  Flow scene(udp().ecn(Ecn::ect0), udp());
  const DatagramFacts facts = scene.first("there").datagram_facts();
  EXPECT_EQ(facts.ecn, Ecn::not_ect);
  EXPECT_EQ(facts.hop_limit, 0);
}

TEST(Datagrams, are_marked_by_a_congested_link) {
  Flow scene(udp().ecn(Ecn::ect0), udp().receive_facts(true));
  scene.web.interface("eth0").set_incoming(sim::LinkOptions().congestion_marks(1));
  EXPECT_EQ(scene.first("there").datagram_facts().ecn, Ecn::ce);
}

TEST(Datagrams, keep_their_facts_when_they_are_taken_back) {
  Flow scene(udp().ecn(Ecn::ect0), udp().receive_facts(true));
  static_cast<void>(scene.first("first"));
  scene.client.send("again").detach();
  scene.sim.run_for(1s);
  {
    const Outcome dropped(scene.server.receive());
  }
  EXPECT_EQ(scene.server.receive().wait()->datagram_facts().ecn, Ecn::ect0);
}

TEST(Datagrams, too_large_for_a_packet_go_only_where_fragments_are_allowed) {
  const std::string large(4000, 'x');
  Flow refusing(udp(), udp());
  ASSERT_TRUE(refusing.client.ready().wait().has_value());
  EXPECT_EQ(refusing.client.send(large).wait().error().kind(), ErrorKind::message_too_large);
  Flow allowing(udp().dont_fragment(false), udp());
  EXPECT_EQ(allowing.first(large).text(), large);
}

TEST(Datagrams, with_an_impossible_hop_limit_are_refused) {
  Scene scene;
  const auto flows = listen(*scene.web_loop, everywhere(90), udp().hop_limit(0));
  ASSERT_FALSE(flows.has_value());
  EXPECT_EQ(flows.error().kind(), ErrorKind::invalid_argument);
  EXPECT_TRUE(flows.error().message().starts_with("hop limit: ")) << flows.error().message();
}

TEST(Datagrams, go_to_receives_and_batch_receives_in_the_order_of_the_calls) {
  Flow scene(udp(), udp());
  static_cast<void>(scene.first("hello"));
  Outcome one(scene.client.receive());
  Outcome two(scene.client.receive_batch());
  Outcome three(scene.client.receive());
  Outcome four(scene.client.receive_batch());
  for (const char* datagram : {"a", "bb", "ccc", "dddd"}) scene.server.send(datagram).detach();
  scene.sim.run_for(1s);
  ASSERT_TRUE(one.is_ok() && two.is_ok() && three.is_ok() && four.is_ok());
  EXPECT_EQ((*one.result)->text(), "a");
  EXPECT_EQ((*two.result)->buffer().text(), "bb");
  EXPECT_EQ((*three.result)->text(), "ccc");
  EXPECT_EQ((*four.result)->buffer().text(), "dddd");
}

TEST(Datagrams, do_not_swap_where_a_batch_receive_is_taken_back) {
  Flow scene(udp(), udp());
  static_cast<void>(scene.first("hello"));
  for (const char* datagram : {"a", "bb", "ccc"}) scene.server.send(datagram).detach();
  scene.sim.run_for(1s);
  std::optional<Outcome<MessageBatch>> batch(std::in_place, scene.client.receive_batch());
  Outcome second(scene.client.receive());
  Outcome third(scene.client.receive_batch());
  batch.reset();
  scene.sim.run_for(1s);
  ASSERT_TRUE(second.is_ok() && third.is_ok());
  EXPECT_EQ((*second.result)->text(), "a");
  EXPECT_EQ((*third.result)->buffer().text(), "bb");
  EXPECT_EQ(scene.client.receive().wait()->text(), "ccc");
}

TEST(Datagrams, a_failure_goes_to_the_first_who_waits_and_the_flow_goes_on) {
  Scene scene;
  DatagramConnection client = connect(*scene.loop, host("203.0.113.80", 90), udp());
  ASSERT_TRUE(client.ready().wait().has_value());
  Outcome batch(client.receive_batch());
  Outcome message(client.receive());
  client.send("nobody is there").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(batch.error(), ErrorKind::refused);
  EXPECT_FALSE(message.is_done());
  EXPECT_EQ(client.state(), ConnectionState::ready);
}

TEST(Datagrams, of_a_server_that_ends_are_sent_and_hold_up_nothing) {
  Scene scene;
  constexpr int clients = 5;
  constexpr int answers = 40;
  auto flows = *listen(*scene.web_loop, everywhere(90), udp());
  std::vector<DatagramConnection> served;
  flows.on_connection([&](DatagramConnection flow) { served.push_back(std::move(flow)); });
  std::vector<DatagramConnection> asking;
  for (int i = 0; i < clients; ++i) {
    asking.push_back(connect(*scene.loop, host("www.example.com", 90), udp()));
    asking.back().send("hello").detach();
  }
  ASSERT_TRUE(scene.sim.run_until([&] { return served.size() == clients; }));
  scene.listener.close();

  // As on ctrl-C: some have something to send, and all wait for more.
  int sent = 0;
  int ended = 0;
  for (DatagramConnection& flow : served) {
    flow.receive().detach([](const Result<Message>&) {});
    flow.receive().detach([&](const Result<Message>& last) { ended += last.has_value() ? 0 : 1; });
    for (int i = 0; i < answers; ++i)
      flow.send("answer").detach([&](const Result<void>& result) { sent += result.has_value(); });
  }
  const Instant start = scene.sim.now();
  flows.close();
  for (DatagramConnection& flow : served) flow.close().detach();
  scene.web_loop->run();
  EXPECT_EQ(scene.sim.now(), start) << "something was waited for";
  EXPECT_EQ(sent, clients * answers);
  EXPECT_EQ(ended, clients);
  scene.sim.run_for(1s);
  for (DatagramConnection& client : asking)
    for (int i = 0; i < answers; ++i) EXPECT_EQ(client.receive().wait()->text(), "answer");
}

}  // namespace
}  // namespace bowline::test
