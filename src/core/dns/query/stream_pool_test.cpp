#include "core/dns/query/stream_pool.h"

#include <algorithm>

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

const SocketAddress far_end = SocketAddress(IpAddress::v4({192, 0, 2, 1}), 53);

struct PoolFixture {
  explicit PoolFixture(StreamPool::Options options = {}) : pool(options, random, outbox) {}

  void send(StreamPool::OwnerId owner) {
    pool.send(owner, far_end, 0, std::vector<std::byte>(12), now);
  }
  /// All outputs of one kind so far; the others of them are dropped.
  template <class Kind>
  std::vector<Kind> take() {
    std::vector<Kind> all;
    while (auto output = outbox.poll())
      if (auto* item = std::get_if<Kind>(&*output)) all.push_back(std::move(*item));
    return all;
  }
  /// Opens the only stream asked for, and gives it and what is sent on it.
  std::pair<StreamPool::SocketId, std::vector<Resolver::SendStream>> open() {
    const auto socket = take<Resolver::OpenStream>().at(0).socket;
    pool.handle_open(socket, now);
    return {socket, take<Resolver::SendStream>()};
  }

  SeededRandom random{1};
  Outbox outbox{nullptr};
  StreamPool pool;
  Instant now{1s};
};

std::vector<std::byte> joined(const std::vector<Resolver::SendStream>& sent) {
  std::vector<std::byte> bytes;
  for (const auto& part : sent) bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
  return bytes;
}

TEST(StreamPool, sends_what_waited_once_the_stream_is_open) {
  PoolFixture f;
  f.send(1);
  f.send(2);
  const auto [socket, sent] = f.open();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].bytes.size(), 14U);
  EXPECT_NE(sent[0].bytes, sent[1].bytes) << "ids differ";
}

TEST(StreamPool, does_not_send_what_was_forgotten_before_the_stream_opened) {
  PoolFixture f;
  f.send(1);
  for (StreamPool::OwnerId owner = 2; owner < 1000; ++owner) {
    f.send(owner);
    f.pool.forget(owner, false, f.now);
  }
  EXPECT_EQ(f.open().second.size(), 1U);
}

TEST(StreamPool, matches_replies_that_come_out_of_order_and_in_pieces) {
  PoolFixture f;
  for (StreamPool::OwnerId owner : {1U, 2U, 3U}) f.send(owner);
  auto [socket, sent] = f.open();
  std::ranges::reverse(sent);
  std::vector<StreamPool::OwnerId> owners;
  for (const std::byte byte : joined(sent))
    for (const auto& reply : f.pool.handle_data(socket, std::span(&byte, 1), f.now).replies)
      owners.push_back(reply.owner);
  EXPECT_EQ(owners, (std::vector<StreamPool::OwnerId>{3, 2, 1}));
}

TEST(StreamPool, uses_the_idle_stream_again_and_closes_it_in_the_end) {
  PoolFixture f;
  f.send(1);
  auto [socket, sent] = f.open();
  (void)f.pool.handle_data(socket, joined(sent), f.now);
  EXPECT_EQ(f.pool.deadline(), f.now + 10s);
  f.now += 9s;
  f.send(2);
  EXPECT_EQ(f.pool.deadline(), std::nullopt);
  sent = f.take<Resolver::SendStream>();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].socket, socket);
  (void)f.pool.handle_data(socket, joined(sent), f.now);
  f.now += 10s;
  f.pool.handle_timeout(f.now);
  EXPECT_EQ(f.take<Resolver::CloseSocket>().size(), 1U);
  EXPECT_EQ(f.pool.size(), 0U);
}

TEST(StreamPool, says_whether_a_lost_question_was_on_a_used_stream) {
  PoolFixture f;
  f.send(1);
  f.send(2);
  auto [socket, sent] = f.open();
  (void)f.pool.handle_data(socket, sent[0].bytes, f.now);
  f.send(3);
  const auto lost = f.pool.handle_failure(socket).losses;
  ASSERT_EQ(lost.size(), 2U);
  for (const auto& loss : lost) EXPECT_TRUE(loss.reused);
  f.send(4);
  auto [unused, unanswered] = f.open();
  const auto lost_unused = f.pool.handle_failure(unused).losses;
  ASSERT_EQ(lost_unused.size(), 1U);
  EXPECT_FALSE(lost_unused[0].reused);
  EXPECT_TRUE(lost_unused[0].was_open);
}

TEST(StreamPool, opens_another_stream_when_one_is_full) {
  PoolFixture f({.questions_max = 2});
  for (StreamPool::OwnerId owner = 1; owner <= 5; ++owner) f.send(owner);
  EXPECT_EQ(f.take<Resolver::OpenStream>().size(), 3U);
}

TEST(StreamPool, keeps_no_more_idle_streams_than_allowed) {
  PoolFixture f({.idle_max = 1, .questions_max = 1});
  f.send(1);
  f.send(2);
  for (const auto& open : f.take<Resolver::OpenStream>()) f.pool.handle_open(open.socket, f.now);
  for (const auto& sent : f.take<Resolver::SendStream>())
    (void)f.pool.handle_data(sent.socket, sent.bytes, f.now);
  EXPECT_EQ(f.pool.size(), 1U);
}

TEST(StreamPool, puts_nothing_more_on_a_stream_where_somebody_waited_in_vain) {
  PoolFixture f;
  f.send(1);
  f.send(2);
  (void)f.open();
  f.pool.forget(1, true, f.now);
  f.send(3);
  EXPECT_EQ(f.take<Resolver::OpenStream>().size(), 1U);
  f.pool.forget(2, false, f.now);
  EXPECT_EQ(f.take<Resolver::CloseSocket>().size(), 1U);
}

TEST(StreamPool, ignores_late_replies_but_not_nonsense) {
  PoolFixture f;
  f.send(1);
  f.send(2);
  auto [socket, sent] = f.open();
  f.pool.forget(1, false, f.now);
  EXPECT_TRUE(f.pool.handle_data(socket, sent[0].bytes, f.now).replies.empty());
  const std::vector<std::byte> short_message = {std::byte{0}, std::byte{3}, std::byte{1}};
  const auto events = f.pool.handle_data(socket, short_message, f.now);
  ASSERT_EQ(events.losses.size(), 1U);
  EXPECT_EQ(events.losses[0].owner, 2U);
  EXPECT_EQ(f.take<Resolver::CloseSocket>().size(), 1U);
}

TEST(StreamPool, does_not_share_streams_between_interfaces) {
  PoolFixture f;
  f.pool.send(1, far_end, 1, std::vector<std::byte>(12), f.now);
  f.pool.send(2, far_end, 2, std::vector<std::byte>(12), f.now);
  EXPECT_EQ(f.take<Resolver::OpenStream>().size(), 2U);
}

}  // namespace
}  // namespace bowline::core
