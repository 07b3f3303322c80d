#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <memory>
#include <string>
#include <vector>

#include "allocations.h"

// Peers that do not read cost what the high-water mark says, and nothing once they are gone.

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

Endpoint own_address() { return Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)); }

/// Passes everything on from one connection to another, as a proxy does.
struct Pump {
  Pump(StreamConnection source, StreamConnection sink)
      : from(std::move(source)), to(std::move(sink)) {
    next();
  }
  void next() {
    receive = from.receive();
    receive.start([this](Result<Message> message) {
      if (!message.has_value() || message->end_of_stream()) return;
      send = to.send(*std::move(message));
      send.start([this](const Result<void>& sent) {
        if (sent.has_value()) next();
      });
    });
  }
  StreamConnection from;
  StreamConnection to;
  Operation<Message> receive;
  Operation<void> send;
};

TEST(Stalled, pairs_of_a_proxy_cost_little_and_nothing_when_they_are_gone) {
  constexpr std::size_t pairs = 50;
  Loop loop = Loop::open().value();
  const auto stack = tcp().send_buffer_bytes(16 * 1024).receive_buffer_bytes(16 * 1024);
  auto listener = listen(loop, own_address(), stack).value();
  const auto open = [&] {
    StreamConnection client = connect(loop, Endpoint(listener.local_address()), stack);
    StreamConnection server = listener.accept().wait().value();
    return std::pair(std::move(client), std::move(server));
  };
  const std::string flood(4 * 1024 * 1024, 'f');
  std::ptrdiff_t before = 0;
  std::ptrdiff_t stalled = 0;
  for (int round = 0; round < 2;
       ++round) {  // the first round fills what stays, such as spare blocks
    before = count_live_bytes();
    std::vector<std::unique_ptr<Pump>> pumps;
    std::vector<StreamConnection> ends;
    std::vector<Operation<void>> floods;
    for (std::size_t i = 0; i < pairs; ++i) {
      auto [source, proxy_in] = open();
      auto [proxy_out, sink] = open();
      floods.push_back(source.send(flood));
      floods.back().start([](const Result<void>&) {});
      pumps.push_back(std::make_unique<Pump>(std::move(proxy_in), std::move(proxy_out)));
      ends.push_back(std::move(source));
      ends.push_back(std::move(sink));
    }
    ASSERT_TRUE(loop.sleep(300ms).wait().has_value());
    stalled = (count_live_bytes() - before) / static_cast<std::ptrdiff_t>(pairs);
    floods.clear();
    pumps.clear();
    for (StreamConnection& end : ends) end.abort();
    ends.clear();
    ASSERT_TRUE(loop.sleep(50ms).wait().has_value());
  }
  std::printf("a stalled pair: %td bytes; left after %zu of them: %td\n", stalled, pairs,
              count_live_bytes() - before);
  EXPECT_LT(stalled, 192 * 1024);
  EXPECT_LT(count_live_bytes() - before, 64 * 1024);
}

TEST(Stalled, broadcast_of_one_buffer_costs_one_buffer) {
  constexpr std::size_t peers = 40;
  constexpr std::size_t size = 60'000;
  Loop loop = Loop::open().value();
  const auto stack = tcp().send_buffer_bytes(4 * 1024).receive_buffer_bytes(4 * 1024);
  auto listener = listen(loop, own_address(), stack).value();
  std::vector<StreamConnection> clients;
  std::vector<StreamConnection> servers;
  for (std::size_t i = 0; i < peers; ++i) {
    clients.push_back(connect(loop, Endpoint(listener.local_address()), stack));
    servers.push_back(listener.accept().wait().value());
  }
  const std::ptrdiff_t before = count_live_bytes();
  const Buffer news = Buffer::own(std::string(size, 'n'));
  for (int i = 0; i < 2; ++i)
    for (StreamConnection& server : servers) server.send(news).detach();
  ASSERT_TRUE(loop.sleep(50ms).wait().has_value());
  std::size_t queued = 0;
  for (StreamConnection& server : servers) queued += server.queued_bytes();
  EXPECT_GT(queued, peers * size) << "nobody lags behind";
  EXPECT_LT(count_live_bytes() - before, static_cast<std::ptrdiff_t>(size + peers * 2'000));
}

TEST(Stalled, a_few_bytes_that_are_kept_keep_few) {
  constexpr std::size_t kept_max = 200;
  Loop loop = Loop::open().value();
  auto listener = listen(loop, own_address(), tcp()).value();
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  StreamConnection server = listener.accept().wait().value();
  std::vector<Message> kept;
  std::ptrdiff_t before = 0;
  for (std::size_t i = 0; i < kept_max; ++i) {
    if (i == 1) before = count_live_bytes();
    ASSERT_TRUE(client.send("ten bytes.").wait().has_value());
    kept.push_back(server.receive().wait().value());
    ASSERT_TRUE(client.send(std::string(60'000, 'x')).wait().has_value());
    for (std::size_t left = 60'000; left > 0;) left -= server.receive().wait()->size();
  }
  EXPECT_LT(count_live_bytes() - before, static_cast<std::ptrdiff_t>(kept_max * 1'000));
}

}  // namespace
}  // namespace bowline::test
