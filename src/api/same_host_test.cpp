#include <gtest/gtest.h>
#include <bowline/async.h>
#include <bowline/bowline.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/compose.h"
#include "linux/system/fault_system.h"

// Where the peer is on this host, TCP connects within the call: nothing may count on hearing of it later.

namespace bowline {
namespace {

/// Answers `query` with 127.0.0.78 if it asks for A, and otherwise that there is none; or says that the
/// answer is too long for UDP.
std::string dns_reply(std::string_view query, bool truncated) {
  const std::size_t end = query.find('\0', 12) + 5;
  std::string reply(query.substr(0, end));
  const std::string_view type = query.substr(end - 4, 2);
  const bool answers = !truncated && type == std::string_view("\0\1", 2);
  reply[2] = static_cast<char>(truncated ? 0x83 : 0x81);
  reply[3] = static_cast<char>(0x80);
  reply[7] = answers ? 1 : 0;
  reply[11] = 0;  // no OPT
  if (answers) reply += std::string_view("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\x4e", 16);
  return reply;
}

Task<> truncate(DatagramConnection client) {
  const Result<Message> query = co_await client.receive();
  if (!query.has_value()) co_return;
  const std::string reply = dns_reply(query->text(), true);
  const Result<void> sent = co_await client.send(reply);
  EXPECT_TRUE(sent.has_value());
}

Task<> answer(MessageConnection client) {
  for (;;) {
    const Result<Message> query = co_await client.receive();
    if (!query.has_value() || query->empty()) co_return;
    const std::string reply = dns_reply(query->text(), false);
    const Result<void> sent = co_await client.send(reply);
    if (!sent.has_value()) co_return;
  }
}

struct SameHost : testing::Test {
  Loop loop;

  /// On an address where no other test listens, so that one port is free for both transports.
  template <class Stack>
  auto listen_on(const Stack& stack, std::uint16_t port = 0) {
    auto listener =
        listen(loop, Endpoint(SocketAddress(IpAddress::v4({127, 0, 0, 78}), port)), stack);
    EXPECT_TRUE(listener.has_value()) << to_string(listener.error());
    return *listener;
  }
};

TEST_F(SameHost, a_truncated_answer_is_fetched_over_tcp) {
  auto tcp_server = listen_on(length_prefixed(tcp(), LengthPrefix().bytes(2)));
  const SocketAddress resolver = tcp_server.local_address();
  auto udp_server = listen_on(udp(), resolver.port);
  tcp_server.on_connection([](MessageConnection client) { spawn(answer(std::move(client))); });
  udp_server.on_connection([](DatagramConnection client) { spawn(truncate(std::move(client))); });

  auto listener = listen_on(tcp());
  Parameters parameters;
  parameters.resolver(resolver).wait(Waiting::never);
  StreamConnection client =
      connect(loop, host("same.example", listener.local_address().port), tcp(), parameters);
  const Result<void> ready = client.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  bool over_tcp = false;
  for (const Resolution& resolution : client.report().resolutions())
    over_tcp = over_tcp || resolution.transport() == ResolverTransport::tcp;
  EXPECT_TRUE(over_tcp);
}

/// Says "hi" and wants to hear something before it is ready; or fails at once.
class Greeting final : public Framer {
 public:
  explicit Greeting(bool fails) : fails_(fails) {}
  [[nodiscard]] std::string_view name() const override { return "greeting"; }
  Result<bool> start(FramerContext& context) override {
    if (fails_) return Error(ErrorKind::protocol_violation, "greeting", "in no mood");
    context.write(std::as_bytes(std::span("hi", 2)));
    return false;
  }
  Result<void> handle_input(FramerContext& context) override {
    context.consume(context.input().size());
    context.mark_ready();
    return {};
  }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext&, std::span<const std::byte>,
                             const MessageContext&) override {
    return {};
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 16; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 16; }

 private:
  bool fails_;
};

MessageConnection connect_with_greeting(Loop& loop, const ListenerHandle& listener, bool fails) {
  Parameters parameters;
  parameters.wait(Waiting::never);
  return connect(loop, Endpoint(listener.local_address()),
                 framed([fails] { return std::make_unique<Greeting>(fails); }, tcp()), parameters);
}

Task<> greet_back(StreamConnection client) {
  const Result<Message> greeting = co_await client.receive(2);
  EXPECT_TRUE(greeting.has_value());
  const Result<void> sent = co_await client.send("ho");
  EXPECT_TRUE(sent.has_value());
}

TEST_F(SameHost, a_handshake_above_tcp_still_takes_its_time) {
  auto listener = listen_on(tcp());
  listener.on_connection([](StreamConnection client) { spawn(greet_back(std::move(client))); });
  MessageConnection client = connect_with_greeting(loop, listener, false);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(client.report().attempts().size(), 1U);
}

TEST_F(SameHost, a_handshake_that_fails_at_once_fails_the_connection) {
  auto listener = listen_on(tcp());
  MessageConnection client = connect_with_greeting(loop, listener, true);
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::protocol_violation) << to_string(ready.error());
}

/// Lets every system call be made, and remembers which there were.
struct Recorder final : linux_host::Faults {
  int next(linux_host::Call call) override {
    calls.push_back(call);
    return 0;
  }
  std::vector<linux_host::Call> calls;
};

TEST_F(SameHost, connections_that_start_together_connect_before_the_first_of_them_sends) {
  auto listener = listen_on(tcp());
  Recorder recorder;
  Loop client_loop = make_loop(*linux_host::make_host(recorder));
  std::vector<StreamConnection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect(client_loop, Endpoint(listener.local_address()), tcp()));
    clients.back().send("request").detach();
  }
  for (StreamConnection& client : clients) ASSERT_TRUE(client.ready().wait().has_value());

  using enum linux_host::Call;
  const auto& calls = recorder.calls;
  EXPECT_EQ(std::ranges::count(calls, send_stream), 3);
  const auto first_sent = std::ranges::find(calls, send_stream);
  EXPECT_EQ(std::find(first_sent, calls.end(), connect), calls.end());
}

}  // namespace
}  // namespace bowline
