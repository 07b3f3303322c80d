#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "measure.h"
#include "servers.h"

// Peers that vanish, never read, scan, or close at once.

namespace bowline::test {
namespace {

struct Peers : Lab {};

TEST_F(Peers, a_client_that_vanishes_is_noticed_by_keep_alive) {
  Loop loop;
  Listener<StreamConnection> listener =
      listen(loop, at(near_v4, 7000), Tcp(TcpOptions().keep_alive(1s, 1s, 2))).value();
  const Child client = start([] {
    Loop own;
    StreamConnection connection = connect(own, at(near_v4, 7000), tcp());
    connection.send("hello").detach();
    run_for(own, patience);
  });
  const Result<StreamConnection> accepted = listener.accept().wait();
  ASSERT_TRUE(accepted.has_value());
  StreamConnection connection = *accepted;
  EXPECT_EQ(connection.receive(5).wait().value().text(), "hello");
  far("ip link set far down");
  const Stopwatch watch;
  const Result<Message> received = connection.receive().wait();
  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().kind(), ErrorKind::timed_out) << to_string(received.error());
  EXPECT_EQ(connection.state(), ConnectionState::failed);
  EXPECT_LT(watch.elapsed(), 5s);
  std::printf("vanished client: noticed by keep-alive (1 s, 1 s, 2) after %s\n",
              to_string(watch.elapsed()).c_str());
}

TEST_F(Peers, a_server_that_vanishes_is_noticed_by_the_user_timeout) {
  const Child server = start_listener(*this, 7000, Conduct::echo);
  Loop loop;
  StreamConnection connection = connect(loop, at(far_v4, 7000), Tcp(TcpOptions().user_timeout(1s)));
  ASSERT_TRUE(connection.send("hello").wait().has_value());
  EXPECT_EQ(connection.receive(5).wait().value().text(), "hello");
  far("ip link set far down");
  ASSERT_TRUE(connection.send("anyone there?").wait().has_value());
  const Stopwatch watch;
  const Result<Message> received = connection.receive().wait();
  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().kind(), ErrorKind::timed_out) << to_string(received.error());
  EXPECT_LT(watch.elapsed(), 5s);
  std::printf("vanished server: noticed by the user timeout (1 s) after %s\n",
              to_string(watch.elapsed()).c_str());
}

TEST_F(Peers, a_peer_that_never_reads_costs_less_than_2_mib_while_1_gib_waits_to_be_sent) {
  const Child server = start_listener(*this, 7000, Conduct::ignore);
  constexpr std::size_t sends = 1024;
  const std::vector<std::byte> mebibyte(1024 * 1024);
  Loop loop;
  StreamConnection connection =
      connect(loop, at(far_v4, 7000), tcp(), Parameters().close_within(500ms));
  ASSERT_TRUE(connection.ready().wait().has_value());
  const std::ptrdiff_t before = heap_bytes();
  std::size_t taken = 0;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < sends; ++i)
    connection.send(mebibyte).detach(
        [&](const Result<void>& sent) { ++(sent.has_value() ? taken : failed); });
  run_for(loop, 1s);
  const std::size_t taken_early = taken;
  run_for(loop, 500ms);
  const std::ptrdiff_t used = heap_bytes() - before;
  EXPECT_EQ(taken, taken_early);
  EXPECT_LT(taken, 32U);
  EXPECT_LT(used, 2 * 1024 * 1024);
  const Stopwatch watch;
  const Result<void> closed = connection.close().wait();
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().kind(), ErrorKind::timed_out);
  EXPECT_LT(watch.elapsed(), 5s);
  EXPECT_TRUE(run_until(loop, [&] { return taken + failed == sends; }));
  std::printf("peer that never reads: %zu of %zu MiB taken, %td bytes of memory, closed after %s\n",
              taken_early, sends, used, to_string(watch.elapsed()).c_str());
}

TEST_F(Peers, a_gibibyte_goes_there_and_back_in_flat_memory) {
  const Child server = start_listener(*this, 7000, Conduct::echo);
  constexpr std::size_t total = std::size_t{is_sanitized ? 128U : 1024U} * 1024 * 1024;
  const std::vector<std::byte> mebibyte(1024 * 1024);
  std::vector<std::byte> into(256 * 1024);
  Loop loop;
  StreamConnection connection = connect(loop, at(far_v6, 7000), tcp());
  ASSERT_TRUE(connection.ready().wait().has_value());
  const std::ptrdiff_t before = heap_bytes();
  for (std::size_t sent = 0; sent < total; sent += mebibyte.size())
    connection.send(mebibyte, sent + mebibyte.size() == total ? Last::yes : Last::no).detach();
  std::size_t received = 0;
  std::ptrdiff_t used_max = 0;
  for (;;) {
    const Result<std::size_t> bytes = connection.receive_into(into).wait();
    ASSERT_TRUE(bytes.has_value()) << to_string(bytes.error());
    if (*bytes == 0) break;
    received += *bytes;
    used_max = std::max(used_max, heap_bytes() - before);
  }
  EXPECT_EQ(received, total);
  EXPECT_LT(used_max, 2 * 1024 * 1024);
}

/// A plain TCP client, as fast as the system lets it: `visits` connections that end as soon as they stand, by
/// turns with FIN and with RST.
void connect_and_close(int visits) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(7000);
  ::inet_pton(AF_INET, Lab::near_v4, &to.sin_addr);
  for (int i = 0; i < visits; ++i) {
    const int visitor = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(visitor, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      return tell("refused");
    const linger reset{1, 0};
    if (i % 2 == 0) ::setsockopt(visitor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(visitor);
  }
  tell("done");
}

/// An honest client beside the trouble: how long one echo takes, connection included.
void echo_now_and_then() {
  Loop loop;
  Duration longest{};
  for (int i = 0; i < 20; ++i) {
    const Stopwatch watch;
    StreamConnection connection = connect(loop, Lab::at(Lab::near_v4, 7000), tcp());
    static_cast<void>(connection.send("hello").wait());
    if (const auto reply = connection.receive(5).wait(); !reply.has_value()) return tell("failed");
    longest = std::max(longest, watch.elapsed());
    connection.abort();
  }
  tell("longest " + std::to_string(longest / 1us));
}

TEST_F(Peers, connections_that_close_at_once_are_counted_and_leave_nothing) {
  constexpr int visits = is_sanitized ? 3'000 : 10'000;
  Loop loop;
  const EchoServer server(loop, 7000);
  Child visitors = start([] { connect_and_close(visits); });
  Child honest = start([] { echo_now_and_then(); });
  const std::ptrdiff_t descriptors = count_descriptors();
  constexpr auto all = static_cast<std::uint64_t>(visits) + 20;
  const auto all_gone = [&] {
    return server.listener.accepted_count() == all && server.listener.open_count() == 0;
  };
  EXPECT_TRUE(run_until(loop, all_gone, 60s)) << server.listener.accepted_count();
  EXPECT_TRUE(visitors.says("done")) << visitors.said();
  const long longest = honest.number_after("longest");
  EXPECT_GE(longest, 0) << honest.said();
  EXPECT_EQ(count_descriptors(), descriptors);
  // A connection that was reset ended with an error; only one that was closed is somebody's also-ran.
  EXPECT_GE(server.listener.also_ran_count(), static_cast<std::uint64_t>(visits) / 2);
  std::printf(
      "%d connections closed at once: %lu counted; an honest client's longest echo took %ld us\n",
      visits, static_cast<unsigned long>(server.listener.also_ran_count()), longest);
}

TEST_F(Peers, a_listener_under_a_port_scan_serves_on) {
  Loop loop;
  const EchoServer server(loop, 7000);
  const std::string script = BOWLINE_SOURCE_DIR "/tests/linux/port_scan.py";
  Child scan = start({"/usr/bin/python3", "-u", script, far_v4, near_v4});
  Child honest = start([] { echo_now_and_then(); });
  // The scan's last pass meets the open port once, after all its SYNs.
  const auto over = [&] {
    return server.listener.accepted_count() == 20 + 1 && server.listener.open_count() == 0;
  };
  EXPECT_TRUE(run_until(loop, over, 60s)) << server.listener.accepted_count();
  EXPECT_TRUE(scan.says("done")) << scan.said();
  const long longest = honest.number_after("longest");
  EXPECT_GE(longest, 0) << honest.said();
  std::printf("port scan: an honest client's longest echo took %ld us\n", longest);
}

}  // namespace
}  // namespace bowline::test
