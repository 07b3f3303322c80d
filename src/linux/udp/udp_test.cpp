#include <map>

#include "base/buffer_pool.h"
#include "linux/socket/socket_address.h"
#include "linux/system/descriptor.h"
#include "linux/udp/udp_scene.h"

namespace bowline::linux_host {
namespace {

TEST(Udp, carries_datagrams_both_ways_and_says_who_sent_them) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  EXPECT_EQ(*send(*client->socket, run_to({}, "question")), 1u);
  EXPECT_EQ(scene.receive(*server, 1), std::vector<std::string>{"question"});
  EXPECT_EQ(scene.last.remote, client->socket->local_address());
  EXPECT_EQ(*send(*server->socket, run_to(scene.last.remote, "answer")), 1u);
  EXPECT_EQ(scene.receive(*client, 1), std::vector<std::string>{"answer"});
  EXPECT_EQ(scene.last.remote, server->socket->local_address());
  EXPECT_EQ(scene.last.local, IpAddress::loopback(Family::ipv4));
}

TEST(Udp, cuts_a_run_of_64_segments_in_the_kernel_and_gets_it_back_in_few_runs) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string text = letters(64 * 1000 - 300);
  EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), text, 1000)), 1u);
  const auto datagrams = scene.receive(*server, 64);
  ASSERT_EQ(datagrams.size(), 64u);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(datagrams[i], text.substr(i * 1000, 1000));
  EXPECT_LT(scene.runs_received, 64u);
}

TEST(Udp, sends_many_runs_in_one_call) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  std::vector<std::string> texts;
  std::vector<DatagramRun> runs;
  for (int i = 0; i < 40; ++i) texts.push_back(letters(300) + std::to_string(i));
  for (const auto& text : texts) runs.push_back(run_to(server->socket->local_address(), text, 100));
  EXPECT_EQ(*client->socket->send(runs), runs.size());
  EXPECT_EQ(scene.receive(*server, 160).size(), 160u);
}

TEST(Udp, a_slice_that_is_kept_does_not_change_when_more_comes) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  std::map<std::size_t, Buffer> kept;
  for (std::size_t size = 1; size <= 60'000; size = size * 3 + 1) {
    EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), letters(size))), 1u);
    EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
    kept[size] = scene.last.bytes;
  }
  for (const auto& [size, bytes] : kept) EXPECT_EQ(bytes.text(), letters(size));
}

TEST(Udp, a_long_run_behind_a_kept_short_one_arrives_whole) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string small = letters(5000);
  const std::string large = letters(65'000);
  const std::array runs{run_to(server->socket->local_address(), small),
                        run_to(server->socket->local_address(), large)};
  EXPECT_EQ(*client->socket->send(runs), 2u);
  EXPECT_EQ(scene.receive(*server, 2), (std::vector{small, large}));
}

TEST(Udp, carries_empty_datagrams) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::array runs{run_to(server->socket->local_address(), ""),
                        run_to(server->socket->local_address(), "after")};
  EXPECT_EQ(*client->socket->send(runs), 2u);
  EXPECT_EQ(scene.receive(*server, 2), (std::vector<std::string>{"", "after"}));
}

TEST(Udp, shows_ipv4_peers_of_a_dual_stack_socket_as_ipv4) {
  UdpScene scene;
  const auto server = scene.open({});
  const auto client = scene.connected(loopback(Family::ipv4, server->socket->local_address().port));
  EXPECT_EQ(*send(*client->socket, run_to({}, "four")), 1u);
  EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
  EXPECT_EQ(scene.last.remote, client->socket->local_address());
  EXPECT_EQ(scene.last.local, IpAddress::loopback(Family::ipv4));
  EXPECT_EQ(*send(*server->socket, run_to(scene.last.remote, "back")), 1u);
  EXPECT_EQ(scene.receive(*client, 1), std::vector<std::string>{"back"});
}

TEST(Udp, answers_from_the_address_asked_for) {
  UdpScene scene;
  const IpAddress other = IpAddress::v4({127, 0, 0, 5});
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    DatagramOptions options;
    options.family = family;
    const auto server = scene.open(options);
    const auto client = scene.bound();
    const std::string text = letters(3000);
    DatagramRun run = run_to(client->socket->local_address(), text, 1000);
    run.local = other;
    EXPECT_EQ(*send(*server->socket, run), 1u);
    EXPECT_EQ(scene.receive(*client, 3).size(), 3u);
    EXPECT_EQ(scene.last.remote.ip, other);
  }
}

TEST(Udp, tells_which_of_our_addresses_a_datagram_came_to) {
  UdpScene scene;
  DatagramOptions options;
  options.family = Family::ipv4;
  const auto server = scene.open(options);
  const auto client = scene.bound();
  const SocketAddress to(IpAddress::v4({127, 0, 0, 7}), server->socket->local_address().port);
  EXPECT_EQ(*send(*client->socket, run_to(to, "x")), 1u);
  EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
  EXPECT_EQ(scene.last.local, to.ip);
}

TEST(Udp, does_not_fragment_what_is_too_large) {
  UdpScene scene;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto server = scene.bound(family);
    const auto client = scene.bound(family);
    const std::string huge(65'600, 'x');
    const auto sent = send(*client->socket, run_to(server->socket->local_address(), huge));
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().kind(), ErrorKind::message_too_large);
    EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), "fits")), 1u);
  }
}

TEST(Udp, says_how_many_runs_went_before_an_error_and_gives_the_error_next) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string huge(65'600, 'x');
  const SocketAddress to = server->socket->local_address();
  const std::array runs{run_to(to, "a"), run_to(to, "b"), run_to(to, huge)};
  EXPECT_EQ(*client->socket->send(runs), 2u);
  ASSERT_TRUE(scene.run_until([&] { return client->watcher.writable; }));
  EXPECT_EQ(client->socket->send(std::span(runs).subspan(2)).error().kind(),
            ErrorKind::message_too_large);
}

TEST(Udp, blocks_when_the_send_buffer_is_full_or_delivers_all) {
  UdpScene scene;
  const auto server = scene.bound();
  DatagramOptions options;
  options.connect_to = server->socket->local_address();
  options.send_buffer_bytes = 8192;
  const auto client = scene.open(options);
  std::vector<DatagramRun> runs(64, run_to({}, "datagram"));
  const auto sent = client->socket->send(runs);
  ASSERT_TRUE(sent.has_value());
  EXPECT_GT(*sent, 0u);
}

TEST(Udp, is_told_of_room_only_once_a_send_was_blocked) {
  struct FullOnce final : Faults {
    int sends = 0;
    int next(Call call) override {
      return call == Call::send_datagram && ++sends == 2 ? EAGAIN : 0;
    }
  } faults;
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  EXPECT_EQ(*send(*client->socket, run_to({}, "first")), 1u);
  EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
  EXPECT_FALSE(client->watcher.writable);
  EXPECT_EQ(*send(*client->socket, run_to({}, "blocked")), 0u);
  ASSERT_TRUE(scene.run_until([&] { return client->watcher.writable; }));
  EXPECT_EQ(*send(*client->socket, run_to({}, "second")), 1u);
}

TEST(Udp, that_reads_first_is_told_of_arrivals_once_it_found_nothing) {
  UdpScene scene;
  const auto server = scene.bound();
  DatagramOptions options;
  options.connect_to = server->socket->local_address();
  options.reads_first = true;
  const auto client = scene.open(options);
  const SocketAddress to = client->socket->local_address();
  EXPECT_EQ(*send(*server->socket, run_to(to, "one")), 1u);
  scene.run_ready();
  EXPECT_FALSE(client->watcher.readable);
  std::vector<std::string> datagrams;
  EXPECT_TRUE(scene.receive_some(*client, datagrams));
  EXPECT_FALSE(scene.receive_some(*client, datagrams));
  EXPECT_EQ(*send(*server->socket, run_to(to, "two")), 1u);
  ASSERT_TRUE(scene.run_until([&] { return client->watcher.readable; }));
  EXPECT_TRUE(scene.receive_some(*client, datagrams));
  EXPECT_EQ(datagrams, (std::vector<std::string>{"one", "two"}));
}

TEST(Udp, reports_a_port_where_nobody_listens_once) {
  UdpScene scene;
  auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  server = nullptr;
  EXPECT_EQ(*send(*client->socket, run_to({}, "hello?")), 1u);
  client->watcher.readable = false;
  ASSERT_TRUE(scene.run_until([&] { return client->watcher.readable; }));
  std::array<ReceivedRun, 1> runs;
  EXPECT_EQ(client->socket->receive(runs).error().kind(), ErrorKind::refused);
  EXPECT_EQ(*client->socket->receive(runs), 0u);
  EXPECT_EQ(*send(*client->socket, run_to({}, "again")), 1u);
}

TEST(Udp, knows_how_much_fits_into_one_packet) {
  UdpScene scene;
  const auto client = scene.bound();
  EXPECT_EQ(client->socket->datagram_bytes_max(loopback(Family::ipv4, 9)), 65'000u);
  const auto connected = scene.connected(loopback(Family::ipv4, 9));
  EXPECT_EQ(connected->socket->datagram_bytes_max({}), 65'000u);
}

TEST(Udp, without_segmentation_offload_sends_the_same_datagrams_one_by_one) {
  struct NoOffload final : Faults {
    int segmented_sends = 0;
    int next(Call call) override {
      return call == Call::send_datagram && segmented_sends++ == 0 ? EIO : 0;
    }
  } faults;
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string text = letters(10'500);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), text, 1000)), 1u);
    EXPECT_EQ(scene.receive(*server, 11).size(), 11u);
  }
  EXPECT_EQ(faults.segmented_sends, 1 + 11 + 11);
}

/// Fails the sends with these numbers; the first is one that a device without segmentation refuses.
struct FailingSends final : Faults {
  explicit FailingSends(std::map<int, int> at) : errors(std::move(at)) {}
  std::map<int, int> errors;
  int sends = 0;
  int next(Call call) override {
    if (call != Call::send_datagram) return 0;
    const auto found = errors.find(++sends);
    return found == errors.end() ? 0 : found->second;
  }
};

TEST(Udp, goes_on_inside_a_run_that_blocked_halfway) {
  FailingSends faults({{1, EIO}, {5, EAGAIN}});
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string text = letters(8000);
  const auto run = run_to(server->socket->local_address(), text, 1000);
  EXPECT_EQ(*send(*client->socket, run), 0u);
  EXPECT_EQ(*send(*client->socket, run), 1u);
  const auto datagrams = scene.receive(*server, 8);
  ASSERT_EQ(datagrams.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(datagrams[i], text.substr(i * 1000, 1000));
}

TEST(Udp, forgets_the_blocked_run_when_another_one_comes_in_its_place) {
  FailingSends faults({{1, EIO}, {5, EAGAIN}});
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.bound();
  const std::string text = letters(8000);
  EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), text, 1000)), 0u);
  EXPECT_EQ(scene.receive(*server, 3).size(), 3u);
  EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), "")), 1u);
  EXPECT_EQ(scene.receive(*server, 1), std::vector<std::string>{""});
}

TEST(Udp, leaves_nothing_out_of_other_datagrams_in_the_place_of_a_blocked_run) {
  FailingSends faults({{1, EIO}, {5, EAGAIN}});
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.bound();
  std::string text = letters(8000);
  const auto run = run_to(server->socket->local_address(), text, 1000);
  EXPECT_EQ(*send(*client->socket, run), 0u);
  EXPECT_EQ(scene.receive(*server, 3).size(), 3u);
  std::ranges::fill(text, 'b');
  EXPECT_EQ(*send(*client->socket, run), 1u);
  EXPECT_EQ(scene.receive(*server, 8), std::vector(8, std::string(1000, 'b')));
}

TEST(Udp, leaves_nothing_out_after_an_error_inside_a_run) {
  FailingSends faults({{1, EIO}, {3, ECONNREFUSED}});
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  std::string text = "abcd";
  EXPECT_EQ(send(*client->socket, run_to({}, text, 1)).error().kind(), ErrorKind::refused);
  text = "bcd";  // without the one that has failed, in the same place
  EXPECT_EQ(*send(*client->socket, run_to({}, text, 1)), 1u);
  EXPECT_EQ(scene.receive(*server, 4), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST(Udp, tells_no_receive_what_was_wrong_with_a_send) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  const std::string large(65'600, 'x');
  const std::array runs{run_to({}, "small"), run_to({}, large)};
  EXPECT_EQ(*client->socket->send(runs), 1u);
  std::array<ReceivedRun, 1> into;
  EXPECT_EQ(client->socket->receive(into).value(), 0u);
  EXPECT_EQ(send(*client->socket, runs[1]).error().kind(), ErrorKind::message_too_large);
}

TEST(Udp, tells_what_the_network_reported_though_a_send_was_wrong_meanwhile) {
  UdpScene scene;
  const SocketAddress closed = scene.bound()->socket->local_address();
  const auto client = scene.connected(closed);
  EXPECT_EQ(*send(*client->socket, run_to({}, "nobody is there")), 1u);
  const std::string large(65'600, 'x');
  EXPECT_EQ(send(*client->socket, run_to({}, large)).error().kind(), ErrorKind::message_too_large);
  std::array<ReceivedRun, 1> into;
  EXPECT_EQ(client->socket->receive(into).error().kind(), ErrorKind::refused);
  EXPECT_EQ(client->socket->receive(into).value(), 0u) << "once";
}

/// From a socket that is none of ours.
void send_raw(const SocketAddress& to, std::string_view text) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  const int yes = 1;
  ASSERT_EQ(::setsockopt(socket.number(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes), 0);
  RawAddress raw;
  const socklen_t size = to_raw(to, Family::ipv4, raw);
  EXPECT_EQ(::sendto(socket.number(), text.data(), text.size(), 0, &raw.any, size),
            static_cast<ssize_t>(text.size()));
}

TEST(Udp, answers_a_broadcast_from_an_address_of_this_host) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    UdpScene scene;
    DatagramOptions options;
    options.family = family;
    const auto server = scene.open(options);
    send_raw({IpAddress::v4({127, 255, 255, 255}), server->socket->local_address().port}, "hello");
    EXPECT_EQ(scene.receive(*server, 1), std::vector<std::string>{"hello"});
    const std::string_view answer = "here";
    const DatagramRun run{scene.last.remote, scene.last.local, answer.size(), as_bytes(answer)};
    EXPECT_TRUE(send(*server->socket, run).has_value()) << to_string(scene.last.local);
  }
}

TEST(Udp, delivers_nothing_that_came_before_the_socket_was_connected) {
  struct StrangerFirst final : Faults {
    std::optional<SocketAddress> to;
    int next(Call call) override {
      if (call == Call::connect && to) send_raw(*std::exchange(to, std::nullopt), "stranger");
      return 0;
    }
  } faults;
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  DatagramOptions options;
  options.connect_to = server->socket->local_address();
  options.binding.source = IpAddress::loopback(Family::ipv4);
  options.binding.port = scene.bound()->socket->local_address().port;
  faults.to.emplace(*options.binding.source, options.binding.port);
  const auto client = scene.open(options);
  EXPECT_FALSE(faults.to.has_value());
  std::array<ReceivedRun, 1> into;
  EXPECT_EQ(client->socket->receive(into).value(), 0u);
}

}  // namespace
}  // namespace bowline::linux_host
