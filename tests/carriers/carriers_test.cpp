#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/sim/simulation.h>
#include <bowline/stack.h>

#include <string>

#include "layered_loop.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Layer> reverse(drive::Loop&) { return std::make_unique<Reversing>(); }
std::unique_ptr<Layer> trickle(drive::Loop& loop) { return std::make_unique<Trickling>(loop); }
std::unique_ptr<Layer> leave(drive::Loop&) { return std::make_unique<Layer>(); }

/// Two hosts, 10 ms apart, whose sockets are wrapped.
struct Layered {
  Layered(const MakeLayer& of_client, const MakeLayer& of_server) {
    const sim::LinkOptions link = sim::LinkOptions().delay(5ms);
    home.attach(internet, "eth0", {"192.0.2.10/24"}, sim::AttachOptions().link(link));
    web.attach(internet, "eth0", {"203.0.113.80/24"}, sim::AttachOptions().link(link));
    loop.emplace(make_layered_loop(home, of_client));
    web_loop.emplace(make_layered_loop(web, of_server));
  }
  template <class Stack>
  auto accept_by(const Stack& stack) {
    return *listen(*web_loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv4), 80)), stack);
  }
  template <class Stack>
  auto connect_by(const Stack& stack) {
    return connect(*loop, host("203.0.113.80", 80), stack);
  }

  sim::Simulation sim{1};
  sim::Network& internet = sim.add_network("internet");
  sim::Host& home = sim.add_host("home");
  sim::Host& web = sim.add_host("web");
  std::optional<Loop> loop;
  std::optional<Loop> web_loop;
};

/// Sends `text` and the end each way; what arrived.
std::pair<std::string, std::string> exchange(Layered& scene, const std::string& text) {
  auto listener = scene.accept_by(tcp());
  StreamConnection client = scene.connect_by(tcp());
  client.send(text, Last::yes).detach();
  StreamConnection server = listener.accept().wait().value();
  server.send(text, Last::yes).detach();
  const auto hear = [](StreamConnection& from) {
    std::string heard;
    for (bool ended = false; !ended;) {
      const Result<Message> received = from.receive().wait();
      if (!received.has_value()) return heard + to_string(received.error());
      heard += received->text();
      ended = received->end_of_stream();
    }
    return heard;
  };
  std::string to_server = hear(server);
  return {to_server, hear(client)};
}

std::string long_text() {
  std::string text;
  while (text.size() < 300'000) text += std::to_string(text.size()) + " ";
  return text;
}

TEST(Carrier, that_reverses_the_bits_carries_a_stream_both_ways) {
  Layered scene(reverse, reverse);
  const std::string text = long_text();
  const auto [to_server, to_client] = exchange(scene, text);
  EXPECT_EQ(to_server, text);
  EXPECT_EQ(to_client, text);
}

TEST(Carrier, that_reverses_the_bits_does_so) {
  Layered scene(reverse, leave);
  const auto [to_server, to_client] = exchange(scene, "A");
  EXPECT_EQ(to_server, "\x82");
  EXPECT_EQ(to_client, "\x82");
}

TEST(Carrier, that_reverses_the_bits_carries_framed_messages) {
  Layered scene(reverse, reverse);
  const auto stack = length_prefixed(tcp());
  auto listener = scene.accept_by(stack);
  MessageConnection client = scene.connect_by(stack);
  const std::string text = long_text();
  client.send(text).detach();
  client.send("second").detach();
  MessageConnection server = listener.accept().wait().value();
  EXPECT_EQ(server.receive().wait()->text(), text);
  EXPECT_EQ(server.receive().wait()->text(), "second");
  ASSERT_TRUE(server.send(text).wait().has_value());
  EXPECT_EQ(client.receive().wait()->text(), text);
}

TEST(Carrier, that_takes_a_byte_at_a_time_carries_a_stream_both_ways) {
  Layered scene(trickle, trickle);
  const std::string text = long_text().substr(0, 5'000);
  const auto [to_server, to_client] = exchange(scene, text);
  EXPECT_EQ(to_server, text);
  EXPECT_EQ(to_client, text);
}

TEST(Carrier, that_takes_a_byte_at_a_time_carries_framed_messages) {
  Layered scene(trickle, trickle);
  const auto stack = length_prefixed(tcp());
  auto listener = scene.accept_by(stack);
  MessageConnection client = scene.connect_by(stack);
  client.send("first").detach();
  client.send("second").detach();
  MessageConnection server = listener.accept().wait().value();
  EXPECT_EQ(server.receive().wait()->text(), "first");
  EXPECT_EQ(server.receive().wait()->text(), "second");
  ASSERT_TRUE(server.send("third").wait().has_value());
  EXPECT_EQ(client.receive().wait()->text(), "third");
}

TEST(Carrier, whose_end_takes_several_calls_is_ended_before_a_close_is_done) {
  Layered scene(trickle, leave);
  auto listener = scene.accept_by(tcp());
  StreamConnection client = scene.connect_by(tcp());
  client.send("bye", Last::yes).detach();
  ASSERT_TRUE(client.close().wait().has_value());
  StreamConnection server = listener.accept().wait().value();
  const Result<Message> heard = server.receive(4, 4).wait();
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(heard->text(), "bye");
  EXPECT_TRUE(heard->end_of_stream());
}

TEST(Carrier, whose_end_takes_several_calls_lingers_until_it_is_ended) {
  Layered scene(trickle, leave);
  auto listener = scene.accept_by(tcp());
  StreamConnection client = scene.connect_by(tcp());
  ASSERT_TRUE(client.send("bye").wait().has_value());
  StreamConnection server = listener.accept().wait().value();
  // These bytes meet a client that is closing, and must not make its system reset the connection.
  server.send("one word more").detach();
  ASSERT_TRUE(client.close().wait().has_value());
  client = {};
  const Result<Message> heard = server.receive(4, 4).wait();
  ASSERT_TRUE(heard.has_value()) << to_string(heard.error());
  EXPECT_EQ(heard->text(), "bye");
  EXPECT_TRUE(heard->end_of_stream());
}

TEST(Carrier, of_several_layers_reports_them_from_below) {
  Layered scene(reverse, reverse);
  auto listener = scene.accept_by(tcp());
  StreamConnection client = scene.connect_by(tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  const Report report = client.report();
  ASSERT_EQ(report.handshakes().size(), 2U);
  EXPECT_EQ(report.handshakes()[0].protocol(), "tcp");
  EXPECT_TRUE(report.handshakes()[0].rtt().has_value());
  EXPECT_EQ(report.handshakes()[1].protocol(), "reversed");
  EXPECT_EQ(report.handshakes()[1].details().front().second, "8");
}

}  // namespace
}  // namespace bowline::test
