#include <gtest/gtest.h>
#include <bowline/stack.h>

#include <functional>
#include <stdexcept>

#include "story.h"

// What was handed over is told truly, and what came is handed on, however a connection ends.

namespace bowline::test {
namespace {

using enum ConnectionState;

/// Answers every byte with another.
class Chatty final : public Framer {
 public:
  explicit Chatty(std::size_t& written) : written_(written) {}
  [[nodiscard]] std::string_view name() const override { return "chatty"; }
  Result<bool> start(FramerContext&) override { return true; }
  Result<void> handle_input(FramerContext& context) override {
    const std::vector<std::byte> pong(context.input().size());
    context.consume(pong.size());
    context.write(pong);
    written_ += pong.size();
    return {};
  }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext&, std::span<const std::byte>) override { return {}; }
  Result<void> handle_timeout(FramerContext&) override { return {}; }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 100; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1000; }

 private:
  std::size_t& written_;
};

/// Never ready.
class Silent final : public Framer {
 public:
  [[nodiscard]] std::string_view name() const override { return "silent"; }
  Result<bool> start(FramerContext&) override { return false; }
  Result<void> handle_input(FramerContext&) override { return {}; }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext&, std::span<const std::byte>) override { return {}; }
  Result<void> handle_timeout(FramerContext&) override { return {}; }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 100; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1000; }
};

/// A client of TCP alone, and a server with the stack that is tried.
template <class Stack>
struct Served : Scene {
  using Kind = typename Stack::connection_type;
  explicit Served(const Stack& stack)
      : served(
            *listen(*web_loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv6), 81)), stack)) {
    served.on_connection([this](Kind connection) { server = std::move(connection); });
    client = connect(*loop, host("www.example.com", 81), tcp());
    connected = client.ready().wait().has_value() &&
                sim.run_until([this] { return static_cast<bool>(server); });
  }

  Listener<Kind> served;
  StreamConnection client;
  Kind server;
  bool connected = false;
};

TEST(Receive, delivers_messages_that_came_before_a_send_found_the_connection_broken) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  StreamConnection server = scene.accepted.front();
  scene.accepted.clear();
  const std::string bytes("\0\0\0\3one\0\0\0\3two", 14);
  ASSERT_TRUE(server.send(bytes).wait().has_value());
  scene.sim.run_for(100ms);
  ASSERT_EQ(client.receive().wait()->text(), "one");
  server.abort();
  scene.sim.run_for(100ms);
  const Result<void> sent = client.send("more").wait();
  EXPECT_FALSE(sent.has_value());
  const Result<Message> data = client.receive().wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "two");
}

TEST(Framers, are_not_fed_by_a_peer_that_does_not_read_their_answers) {
  Scene scene;
  std::size_t written = 0;
  auto listener =
      *listen(*scene.web_loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv6), 81)),
              framed([&]() -> std::unique_ptr<Framer> { return std::make_unique<Chatty>(written); },
                     tcp()));
  MessageConnection server;
  std::optional<Outcome<Message>> received;
  listener.on_connection([&](MessageConnection connection) {
    server = std::move(connection);
    received.emplace(server.receive());
  });
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  const std::string pings(64 * 1024 * 1024, 'p');
  Outcome sent(client.send(pings));
  scene.sim.run_for(10min);
  EXPECT_FALSE(sent.is_done());
  EXPECT_LT(written, 16U * 1024 * 1024);
  Reader reader(client);
  scene.sim.run_for(10min);
  EXPECT_TRUE(sent.is_done());
  EXPECT_EQ(reader.text.size(), pings.size());
}

TEST(Close, that_the_end_of_the_loop_cut_short_is_cancelled) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string much(8 * 1024 * 1024, 'm');
  Outcome sent(scene.client.send(much));
  Outcome closed(scene.client.close());
  scene.sim.run_for(1s);
  EXPECT_FALSE(closed.is_done());
  scene.loop.reset();
  EXPECT_EQ(sent.error(), ErrorKind::cancelled);
  EXPECT_EQ(closed.error(), ErrorKind::cancelled) << "says that the system has taken all";
}

TEST(Close, that_an_abort_cut_short_is_cancelled) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string much(8 * 1024 * 1024, 'm');
  Outcome sent(scene.client.send(much));
  Outcome closed(scene.client.close());
  scene.sim.run_for(1s);
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(sent.error(), ErrorKind::cancelled);
  EXPECT_FALSE(closed.is_ok());
}

TEST(Close, of_a_broken_connection_tells_why_it_broke) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string piece(4 * 1024, 'm');
  std::function<void(Result<void>)> next = [&](const Result<void>& result) {
    if (!result.has_value()) return;
    scene.client.send(piece).detach(next);
  };
  scene.client.send(piece).detach(next);
  scene.sim.run_for(5s);
  scene.server.abort();
  scene.sim.run_for(5s);
  EXPECT_EQ(scene.client.state(), failed);
  const Result<void> closed = scene.client.close().wait();
  EXPECT_FALSE(closed.has_value()) << "what was taken over has not been sent";
}

TEST(Report, of_a_connection_closed_in_setup_is_of_no_time) {
  Scene scene;
  scene.sim.run_for(1h);
  StreamConnection client = scene.connect_to_web();
  client.cancel();
  EXPECT_LT(client.report().total, 1s);
}

TEST(Close, ends_when_the_last_message_is_withdrawn) {
  Served scene(
      framed([]() -> std::unique_ptr<Framer> { return std::make_unique<Silent>(); }, tcp()));
  ASSERT_TRUE(scene.connected);
  std::optional<Outcome<void>> sent;
  sent.emplace(scene.server.send("never"));
  Outcome closed(scene.server.close());
  scene.sim.run_for(100ms);
  EXPECT_FALSE(closed.is_done());
  sent.reset();
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok());
}

TEST(Close, drops_however_much_the_peer_still_says) {
  Served scene(tcp().receive_buffer_bytes(4 * 1024 * 1024));
  ASSERT_TRUE(scene.connected);
  const std::string request(20 * 1024 * 1024, 'r');
  const std::string answer(400 * 1024, 'a');
  Outcome answered(scene.server.send(answer));
  Outcome sent(scene.client.send(request));
  scene.sim.run_for(5s);
  EXPECT_TRUE(answered.is_ok());
  Outcome closed(scene.server.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok()) << "else it is not about the lingering socket";
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  EXPECT_TRUE(sent.is_ok()) << "what the client sends is not read any more";
  Reader reader(scene.client);
  scene.sim.run_for(2min);
  EXPECT_EQ(reader.text.size(), answer.size());
}

TEST(AlsoRan, is_a_peer_that_ends_before_a_byte_under_framers_too) {
  Served scene(
      framed([]() -> std::unique_ptr<Framer> { return std::make_unique<Silent>(); }, tcp()));
  ASSERT_TRUE(scene.connected);
  scene.client.close().detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.server.state(), failed);
  EXPECT_EQ(scene.served.also_ran_count(), 1U);
}

TEST(AlsoRan, is_a_peer_that_resets_before_a_byte_under_framers_too) {
  Served scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.server.receive());
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(received.error(), ErrorKind::reset);
  EXPECT_EQ(scene.served.also_ran_count(), 1U);
}

TEST(Wait, that_an_exception_left_leaves_nothing_started) {
  Scene scene;
  scene.loop->post([] { throw std::runtime_error("by the program"); });
  Operation<void> sleep = scene.loop->sleep(1s);
  EXPECT_THROW(static_cast<void>(std::move(sleep).wait()), std::runtime_error);
  EXPECT_FALSE(sleep.is_started()) << "its completion writes into a frame that is gone";
}

TEST(Framers, refuse_what_the_one_below_cannot_carry) {
  Scene scene;
  const auto stack = length_prefixed(length_prefixed(tcp(), LengthPrefix().bytes(1)));
  auto listener =
      *listen(*scene.web_loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv6), 81)), stack);
  MessageConnection server;
  std::optional<Outcome<Message>> received;
  listener.on_connection([&](MessageConnection connection) {
    server = std::move(connection);
    received.emplace(server.receive());
  });
  MessageConnection client = connect(*scene.loop, host("www.example.com", 81), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  const Result<void> sent = client.send(std::string(300, 'm')).wait();
  scene.sim.run_for(1s);
  if (sent.has_value()) {
    ASSERT_TRUE(received->is_ok())
        << "sent, but "
        << (received->is_done() ? to_string(received->result->error()) : "not received");
    EXPECT_EQ((*received->result)->size(), 300U);
  } else {
    EXPECT_EQ(sent.error().kind(), ErrorKind::message_too_large);
  }
}

}  // namespace
}  // namespace bowline::test
