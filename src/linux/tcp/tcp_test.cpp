#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

/// Reads until the end of the stream.
std::string read_all(Scene& scene, TcpScene::End& end) {
  std::string all;
  EXPECT_TRUE(scene.run_until([&] {
    while (end.watcher.readable) {
      const auto part = read(*end.socket, 65'536);
      EXPECT_TRUE(part.has_value());
      if (!part.has_value()) return true;
      all += part->text;
      if (part->transfer.end) return true;
      if (part->transfer.blocked) end.watcher.readable = false;
    }
    return false;
  }));
  return all;
}

TEST(Tcp, carries_bytes_both_ways) {
  TcpScene scene;
  const auto pair = scene.connect();
  EXPECT_EQ(write(*pair->client.socket, "over")->bytes, 4u);
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket)->text, "over");
  EXPECT_EQ(write(*pair->server.socket, "and back")->bytes, 8u);
  ASSERT_TRUE(scene.run_until([&] { return pair->client.watcher.readable; }));
  EXPECT_EQ(read(*pair->client.socket)->text, "and back");
}

TEST(Tcp, carries_bytes_over_ipv6) {
  TcpScene scene(loopback(Family::ipv6));
  const auto pair = scene.connect();
  EXPECT_TRUE(pair->server.socket->remote_address().ip.is_v6());
  EXPECT_EQ(pair->server.socket->remote_address(), pair->client.socket->local_address());
}

TEST(Tcp, writes_pieces_in_order) {
  TcpScene scene;
  const auto pair = scene.connect();
  std::vector<std::string> texts;
  std::string expected;
  for (int i = 0; i < 64; ++i) expected += texts.emplace_back(std::to_string(i) + ",");
  std::vector<std::span<const std::byte>> pieces;
  for (const auto& text : texts) pieces.push_back(as_bytes(text));
  EXPECT_EQ(pair->client.socket->write(pieces)->bytes, expected.size());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket)->text, expected);
}

TEST(Tcp, writing_nothing_is_no_error) {
  TcpScene scene;
  const auto pair = scene.connect();
  const auto nothing = pair->client.socket->write({});
  EXPECT_EQ(nothing->bytes, 0u);
  EXPECT_FALSE(nothing->blocked);
  EXPECT_FALSE(write(*pair->client.socket, "")->blocked);
}

TEST(Tcp, a_full_read_is_not_blocked_and_a_short_one_is) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "abcdef"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_FALSE(read(*pair->server.socket, 4)->transfer.blocked);
  EXPECT_TRUE(read(*pair->server.socket, 4)->transfer.blocked);
}

TEST(Tcp, reports_each_side_once_until_a_transfer_says_blocked) {
  TcpScene scene;
  const auto pair = scene.connect();
  const int before = pair->server.watcher.reports;
  static_cast<void>(write(*pair->client.socket, "a"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  static_cast<void>(write(*pair->client.socket, "b"));
  scene.run_ready();
  EXPECT_EQ(pair->server.watcher.reports, before + 1);
  EXPECT_EQ(read(*pair->server.socket)->text, "ab");

  pair->server.watcher.readable = pair->server.watcher.writable = false;
  static_cast<void>(write(*pair->client.socket, "c"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_FALSE(pair->server.watcher.writable);
}

TEST(Tcp, data_with_the_end_behind_it_comes_in_one_read) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "last words"));
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  const auto last = read(*pair->server.socket);
  EXPECT_EQ(last->text, "last words");
  EXPECT_TRUE(last->transfer.end);
}

TEST(Tcp, the_other_direction_lives_on_after_a_half_close) {
  TcpScene scene;
  const auto pair = scene.connect();
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_TRUE(read(*pair->server.socket)->transfer.end);
  static_cast<void>(write(*pair->server.socket, "still here"));
  ASSERT_TRUE(scene.run_until([&] { return pair->client.watcher.readable; }));
  EXPECT_EQ(read(*pair->client.socket)->text, "still here");
}

TEST(Tcp, destroying_a_socket_still_delivers_what_was_written) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "testament"));
  pair->client.socket.reset();
  EXPECT_EQ(read_all(scene, pair->server), "testament");
}

TEST(Tcp, an_abort_reaches_the_peer_as_a_reset) {
  TcpScene scene;
  const auto pair = scene.connect();
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket).error().kind(), ErrorKind::reset);
}

TEST(Tcp, data_before_a_reset_is_delivered_and_the_reset_is_reported_afterwards) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "before"));
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  const auto data = read(*pair->server.socket);
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(data->text, "before");
  EXPECT_TRUE(data->transfer.blocked);
  pair->server.watcher.readable = false;
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket).error().kind(), ErrorKind::reset);
}

TEST(Tcp, a_reset_behind_the_end_is_reported) {
  TcpScene scene;
  const auto pair = scene.connect();
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_TRUE(read(*pair->server.socket)->transfer.end);
  EXPECT_TRUE(pair->server.socket->check().has_value());
  pair->server.watcher.writable = false;
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.writable; }));
  EXPECT_EQ(pair->server.socket->check().error().kind(), ErrorKind::reset);
}

TEST(Tcp, a_write_that_does_not_fit_blocks_and_is_reported_when_it_does) {
  TcpScene scene;
  const auto pair = scene.connect();
  const std::string text(32 << 20, 'x');
  const auto first = write(*pair->client.socket, text);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->blocked);
  ASSERT_GT(first->bytes, 0u);
  pair->client.watcher.writable = false;

  std::size_t written = first->bytes;
  std::size_t received = 0;
  ASSERT_TRUE(scene.run_until([&] {
    while (std::exchange(pair->client.watcher.writable, false)) {
      const auto more = write(*pair->client.socket, std::string_view(text).substr(written));
      written += more->bytes;
      pair->client.watcher.writable = false;
    }
    while (pair->server.watcher.readable) {
      const auto part = read(*pair->server.socket, 1 << 20);
      received += part->transfer.bytes;
      if (part->transfer.blocked) pair->server.watcher.readable = false;
    }
    return received == text.size();
  }));
  EXPECT_EQ(written, text.size());
}

}  // namespace
}  // namespace bowline::linux_host
