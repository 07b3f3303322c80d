#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <bowline/async.h>

#include "measure.h"
#include "servers.h"

// Very many connections, and a long time.

namespace bowline::test {
namespace {

struct Load : Lab {
  void SetUp() override {
    Lab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // Otherwise each closed connection keeps a port for a minute.
    set("net/ipv4/tcp_max_tw_buckets", "0");
    set("net/ipv4/ip_local_port_range", "1024 65535");
  }
};

/// The server's own figures, which it prints when somebody connects to the port above its own.
struct Figures {
  long heap;
  long descriptors;
};
Figures figures_of(Loop& loop, const Endpoint& above, Child& server) {
  EXPECT_TRUE(connect(loop, above, tcp()).ready().wait().has_value());
  const long heap = server.number_after("heap");
  const long descriptors = server.number_after("descriptors");
  server.forget();
  return {heap, descriptors};
}

/// Opens and closes `count` connections, one behind the other.
Task<> visit(Loop& loop, Endpoint server, std::size_t count, std::size_t& done) {
  for (std::size_t i = 0; i < count; ++i) {
    StreamConnection connection = connect(loop, server, tcp());
    const Result<void> ready = co_await connection.ready();
    if (!ready.has_value()) {
      ADD_FAILURE() << to_string(ready.error());
      co_return;
    }
    const Result<void> closed = co_await connection.close();
    if (!closed.has_value()) co_return;
    ++done;
  }
}

TEST_F(Load, very_many_connections_opened_and_closed_leave_memory_and_descriptors_flat) {
  constexpr std::size_t rounds = 5;
  constexpr std::size_t per_round = is_sanitized ? 4'000 : 50'000;
  constexpr std::size_t lanes = 50;
  Child server = start_listener(*this, 7000, Conduct::echo);
  Loop loop;
  std::size_t done = 0;
  const auto run_round = [&] {
    const std::size_t until = done + per_round;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      spawn(visit(loop, at(lane % 2 == 0 ? far_v4 : far_v6, 7000), per_round / lanes, done));
    ASSERT_TRUE(run_until(loop, [&] { return done == until; }, 120s)) << done;
  };
  // The listener may still have connections in its queue that ended long ago.
  const auto settled_figures = [&](long descriptors_max) {
    Figures figures = figures_of(loop, at(far_v4, 7001), server);
    for (int i = 0; i < 1000 && figures.descriptors > descriptors_max; ++i)
      figures = figures_of(loop, at(far_v4, 7001), server);
    return figures;
  };
  ASSERT_TRUE(loop.path().has_value());  // whoever asks for it first opens a socket that stays
  run_round();
  const std::ptrdiff_t resident = resident_bytes();
  const std::ptrdiff_t descriptors = count_descriptors();
  const Figures server_before = settled_figures(20);
  const long server_descriptors_max = server_before.descriptors + 5;
  Figures server_last = server_before;
  std::ptrdiff_t heap = heap_bytes();
  // What is kept for use again grows with the most connections at one time, which a busy machine makes more
  // of in one round or another. What is lost grows in every round.
  std::ptrdiff_t least_grown = PTRDIFF_MAX;
  long server_least_grown = LONG_MAX;
  const Stopwatch watch;
  for (std::size_t round = 1; round < rounds; ++round) {
    run_round();
    const Figures server_now = settled_figures(server_descriptors_max);
    server_least_grown = std::min(server_least_grown, server_now.heap - server_last.heap);
    const std::ptrdiff_t heap_now = heap_bytes();
    least_grown = std::min(least_grown, heap_now - std::exchange(heap, heap_now));
    server_last = server_now;
  }
  const double seconds = std::chrono::duration<double>(watch.elapsed()).count();
  EXPECT_LT(least_grown, 4096);
  EXPECT_LT(server_least_grown, 4096);
  EXPECT_LT(server_last.heap - server_before.heap, 1024 * 1024);
  // The heap grows by 132 KiB at a time.
  if (!is_sanitized) {
    EXPECT_LT(resident_bytes() - resident, 512 * 1024);
  }
  EXPECT_EQ(count_descriptors(), descriptors);
  EXPECT_LE(server_last.descriptors, server_descriptors_max);
  std::printf(
      "%zu connections opened and closed: %.0f per second; in the best of %zu rounds the heap grew "
      "by "
      "%td bytes, the listener's by %ld\n",
      done, static_cast<double>(done - per_round) / seconds, rounds - 1, least_grown,
      server_least_grown);
}

TEST_F(Load, threat_120_ten_thousand_idle_connections_cost_little_memory_and_no_processor) {
  constexpr std::size_t total = 10'000;
  constexpr std::size_t wave = 200;
  const DescriptorLimit limit(1'000'000);
  Child server = start_listener(*this, 7000, Conduct::hold);
  Loop loop;
  const Figures server_before = figures_of(loop, at(far_v4, 7001), server);
  std::vector<StreamConnection> connections;
  connections.reserve(total);
  std::size_t ended = 0;
  connections.push_back(connect(loop, at(far_v4, 7000), tcp()));
  ASSERT_TRUE(connections.front().ready().wait().has_value());
  const std::ptrdiff_t before = heap_bytes();
  const Stopwatch watch;
  while (connections.size() < total) {
    std::size_t ready = 0;
    const std::size_t count = std::min(wave, total - connections.size());
    for (std::size_t i = 0; i < count; ++i) {
      connections.push_back(connect(loop, at(i % 2 == 0 ? far_v4 : far_v6, 7000), tcp()));
      connections.back().ready().detach(
          [&](const Result<void>& result) { ready += result.has_value() ? 1U : 0U; });
    }
    ASSERT_TRUE(run_until(loop, [&] { return ready == count; })) << connections.size();
  }
  const Duration took = watch.elapsed();
  const auto each = [&] {
    return (heap_bytes() - before) / static_cast<std::ptrdiff_t>(total - 1);
  };
  const std::ptrdiff_t idle = each();
  EXPECT_LT(idle, 1024);
  for (StreamConnection& connection : connections)
    connection.receive().detach([&](const auto&) { ++ended; });
  run_for(loop, 300ms);
  const std::ptrdiff_t receiving = each();
  const Duration cpu = cpu_time();
  run_for(loop, 1s);
  const double share = std::chrono::duration<double>(cpu_time() - cpu).count();
  EXPECT_LT(share, 0.01);
  EXPECT_EQ(ended, 0U);
  const Figures server_after = figures_of(loop, at(far_v4, 7001), server);
  std::printf(
      "%zu idle connections: %td bytes of memory each, %td with a receive waiting, %ld where they "
      "were "
      "accepted "
      "with one waiting; %.2f %% processor; opened in %s\n",
      total, idle, receiving, (server_after.heap - server_before.heap) / static_cast<long>(total),
      share * 100, to_string(took).c_str());
  // They still work, and go together.
  server.kill();
  EXPECT_TRUE(run_until(loop, [&] { return ended == total; }));
}

Task<> stream_request(StreamConnection connection, std::size_t& succeeded) {
  const Result<void> sent = co_await connection.send("hello", Last::yes);
  const Result<Message> reply = co_await connection.receive(5);
  if (sent.has_value() && reply.has_value() && reply->text() == "hello") ++succeeded;
  const Result<void> closed = co_await connection.close();
  static_cast<void>(closed);
}

template <class ConnectionType>
Task<> message_request(ConnectionType connection, std::size_t& succeeded) {
  const Result<void> sent = co_await connection.send("hello");
  const Result<Message> reply = co_await connection.receive();
  if (sent.has_value() && reply.has_value() && reply->text() == "hello") ++succeeded;
  connection.cancel();
}

Task<> refused_request(StreamConnection connection, std::size_t& succeeded) {
  const Result<void> ready = co_await connection.ready();
  if (!ready.has_value() && ready.error().kind() == ErrorKind::refused) ++succeeded;
}

/// One request of the mixed load, of each kind by turns.
Task<> request(Loop& loop, std::size_t kind, std::size_t& succeeded) {
  const Parameters once = Parameters().wait(Waiting::never).connect_within(10s);
  switch (kind % 5) {
    case 0:
      return stream_request(connect(loop, Lab::at(Lab::far_v4, 7000), tcp(), once), succeeded);
    case 1: return stream_request(connect(loop, host(Lab::name, 7000), tcp(), once), succeeded);
    case 2:
      return message_request(connect(loop, Lab::at(Lab::far_v6, 7100), udp(), once), succeeded);
    case 3:
      return message_request(
          connect(loop, Lab::at(Lab::far_v4, 7200), length_prefixed(tcp()), once), succeeded);
    default:
      return refused_request(connect(loop, Lab::at(Lab::far_v6, 7300), tcp(), once), succeeded);
  }
}

template <class ConnectionType>
Task<> echo_messages(ConnectionType connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->end_of_stream()) co_return;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) co_return;
  }
}

void serve_messages() {
  Loop loop;
  auto flows = listen(loop, host("::", 7100), udp());
  auto framed = listen(loop, host("::", 7200), length_prefixed(tcp()));
  if (!flows.has_value() || !framed.has_value()) return tell("cannot listen");
  flows->on_connection([](DatagramConnection flow) { spawn(echo_messages(std::move(flow))); });
  framed->on_connection([](MessageConnection peer) { spawn(echo_messages(std::move(peer))); });
  tell("ready");
  loop.run();
}

struct Sample {
  std::ptrdiff_t heap;
  std::ptrdiff_t resident;
  std::ptrdiff_t descriptors;
};

double mean(std::span<const Sample> samples, std::ptrdiff_t Sample::* figure) {
  double sum = 0;
  for (const Sample& sample : samples) sum += static_cast<double>(sample.*figure);
  return sum / static_cast<double>(samples.size());
}

TEST_F(Load, threat_119_memory_and_descriptors_stay_flat_under_200_mixed_connections_a_second) {
  const char* wished = std::getenv("BOWLINE_SOAK_S");
  const std::size_t seconds =
      wished == nullptr ? 20 : std::max(4UL, std::strtoul(wished, nullptr, 10));
  constexpr std::size_t per_tick = 10;
  constexpr Duration tick = 50ms;
  const Child streams = start_listener(*this, 7000, Conduct::echo);
  Child messages = start([] { serve_messages(); });
  ASSERT_TRUE(messages.says("ready")) << messages.said();
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"});
  Loop loop;
  std::vector<Sample> samples;
  samples.reserve(seconds);
  std::size_t started = 0;
  std::size_t succeeded = 0;
  const Stopwatch watch;
  for (std::size_t ticks = 1; ticks <= seconds * 20; ++ticks) {
    for (std::size_t i = 0; i < per_tick; ++i) spawn(request(loop, started++, succeeded));
    run_for(loop, ticks * tick - watch.elapsed());
    if (ticks % 20 == 0) samples.push_back({heap_bytes(), resident_bytes(), count_descriptors()});
  }
  EXPECT_TRUE(run_until(loop, [&] { return succeeded == started; }))
      << succeeded << " of " << started;
  const auto early = std::span(samples).subspan(seconds / 4, seconds / 4);
  const auto late = std::span(samples).last(seconds / 4);
  const auto figure = is_sanitized ? &Sample::heap : &Sample::resident;
  EXPECT_LE(mean(late, figure), mean(early, figure) * 1.01);
  EXPECT_LE(mean(late, &Sample::descriptors), mean(early, &Sample::descriptors) + 5);
  std::printf(
      "%zu s of 200 mixed connections a second: %zu succeeded; heap %.0f to %.0f, resident %.0f to "
      "%.0f "
      "bytes, "
      "%.1f to %.1f descriptors\n",
      seconds, succeeded, mean(early, &Sample::heap), mean(late, &Sample::heap),
      mean(early, &Sample::resident), mean(late, &Sample::resident),
      mean(early, &Sample::descriptors), mean(late, &Sample::descriptors));
}

}  // namespace
}  // namespace bowline::test
