#include "core/dns/query/transaction.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

const SocketAddress first = SocketAddress(IpAddress::v4({192, 0, 2, 1}), 53);
const SocketAddress second = SocketAddress(IpAddress::v4({192, 0, 2, 2}), 53);

/// One transaction and all that it shares, without a resolver around it.
struct TransactionFixture {
  explicit TransactionFixture(std::vector<SocketAddress> servers = {first, second})
      : transaction(1, {{name("www.example.com"), RecordType::a}, std::move(servers), 0, false},
                    {options, random, outbox, health, streams, special}) {
    transaction.start(now);
  }

  Resolver::SendDatagram next_datagram() {
    while (auto output = outbox.poll())
      if (auto* send = std::get_if<Resolver::SendDatagram>(&*output)) return std::move(*send);
    ADD_FAILURE() << "nothing was sent";
    return {};
  }
  static DnsMessage answer_to(const Resolver::SendDatagram& query) {
    DnsMessage reply = reply_to(DnsMessage::parse(query.bytes).value());
    reply.answers.push_back(address_record("www.example.com", "192.0.2.9"));
    return reply;
  }
  void time_out() {
    now = transaction.deadline().value();
    transaction.handle_timeout(now);
  }

  /// Where the last question went, over UDP or TCP.
  SocketAddress next_server() {
    std::optional<SocketAddress> server;
    while (auto output = outbox.poll()) {
      if (const auto* send = std::get_if<Resolver::SendDatagram>(&*output)) server = send->server;
      if (const auto* open = std::get_if<Resolver::OpenStream>(&*output)) server = open->server;
    }
    return server.value();
  }

  Resolver::Options options{.edns_patience = 1h};  // the ladder has tests of its own
  SeededRandom random{1};
  Outbox outbox{nullptr};
  ServerHealth health{{}, random};
  StreamPool streams{{}, random, outbox};
  SpecialNames special;
  Instant now{1s};
  Transaction transaction;
};

TEST(Transaction, ends_with_the_reply_and_closes_its_socket) {
  TransactionFixture f;
  const auto query = f.next_datagram();
  EXPECT_EQ(query.server, first);
  f.transaction.handle_datagram(query.socket, TransactionFixture::answer_to(query).encode(),
                                f.now + 10ms);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_TRUE(f.transaction.outcome()->reply.has_value());
  EXPECT_EQ(f.transaction.deadline(), std::nullopt);
  EXPECT_TRUE(std::holds_alternative<Resolver::CloseSocket>(f.outbox.poll().value()));
}

TEST(Transaction, goes_round_the_servers_with_growing_patience) {
  TransactionFixture f;
  std::vector<std::pair<SocketAddress, Duration>> tries;
  while (!f.transaction.outcome().has_value()) {
    tries.emplace_back(f.next_server(), *f.transaction.deadline() - f.now);
    f.time_out();
  }
  EXPECT_EQ(tries,
            (std::vector<std::pair<SocketAddress, Duration>>{
                {first, 2s}, {second, 2s}, {first, 4s}, {second, 4s}, {first, 5s}, {second, 5s}}));
  EXPECT_EQ(f.transaction.outcome()->failure, AnswerStatus::timeout);
}

TEST(Transaction, waits_at_least_two_seconds_for_the_last_try) {
  TransactionFixture f({first});
  f.health.record_reply(first, 1ms, f.now);
  (void)f.next_datagram();
  f.time_out();
  EXPECT_EQ(*f.transaction.deadline() - f.now, 500ms);
  f.time_out();
  EXPECT_EQ(*f.transaction.deadline() - f.now, 2s);
}

TEST(Transaction, takes_a_late_reply_from_the_server_before) {
  TransactionFixture f;
  const auto early = f.next_datagram();
  f.time_out();
  f.transaction.handle_datagram(early.socket, TransactionFixture::answer_to(early).encode(), f.now);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_EQ(f.transaction.outcome()->server, first);
}

TEST(Transaction, ignores_timeouts_that_come_early) {
  TransactionFixture f;
  (void)f.next_datagram();
  f.transaction.handle_timeout(f.now + 2s - 1ns);
  EXPECT_FALSE(f.outbox.poll().has_value());
}

TEST(Transaction, refuses_a_truncated_reply_over_tcp) {
  TransactionFixture f({first});
  const auto query = f.next_datagram();
  DnsMessage cut = TransactionFixture::answer_to(query);
  cut.truncated = true;
  f.transaction.handle_datagram(query.socket, cut.encode(), f.now);
  f.transaction.handle_stream_reply(cut.encode(), f.now);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_EQ(f.transaction.outcome()->failure, AnswerStatus::malformed);
}

const Error shortage = Error(ErrorKind::resources_exhausted, "open", "no descriptors");

TEST(Transaction, ends_with_the_shortage_if_the_host_has_no_socket_for_the_question) {
  TransactionFixture f;
  const auto query = f.next_datagram();
  f.transaction.handle_datagram_failure(query.socket, shortage, f.now);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_EQ(f.transaction.outcome()->error->kind(), ErrorKind::resources_exhausted);
  EXPECT_EQ(f.transaction.outcome()->error->subject(), "www.example.com");
  for (const auto& choice : f.health.order(std::vector{first, second}, f.now))
    EXPECT_FALSE(choice.probe);
  EXPECT_EQ(f.health.order(std::vector{first, second}, f.now).front().server, first);
}

TEST(Transaction, listens_on_through_a_shortage_and_asks_again_after_it) {
  TransactionFixture f;
  const auto early = f.next_datagram();
  f.time_out();
  f.transaction.handle_datagram_failure(f.next_datagram().socket, shortage, f.now);
  EXPECT_FALSE(f.transaction.outcome().has_value());
  f.time_out();
  EXPECT_EQ(f.next_datagram().server, first);
  EXPECT_EQ(f.health.order(std::vector{first, second}, f.now).front().server, second)
      << "never asked, so never silent";
  f.transaction.handle_datagram(early.socket, TransactionFixture::answer_to(early).encode(), f.now);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_TRUE(f.transaction.outcome()->reply.has_value());
}

TEST(Transaction, ends_with_the_shortage_of_a_stream_too) {
  TransactionFixture f({first});
  const auto query = f.next_datagram();
  DnsMessage cut = TransactionFixture::answer_to(query);
  cut.truncated = true;
  f.transaction.handle_datagram(query.socket, cut.encode(), f.now);
  f.transaction.handle_stream_loss(false, false, shortage, f.now);
  ASSERT_TRUE(f.transaction.outcome().has_value());
  EXPECT_EQ(f.transaction.outcome()->error->kind(), ErrorKind::resources_exhausted);
}

TEST(Transaction, stops_without_a_trace) {
  TransactionFixture f;
  const auto query = f.next_datagram();
  f.transaction.stop(f.now);
  EXPECT_TRUE(std::holds_alternative<Resolver::CloseSocket>(f.outbox.poll().value()));
  f.transaction.handle_datagram(query.socket, TransactionFixture::answer_to(query).encode(), f.now);
  EXPECT_FALSE(f.transaction.outcome().has_value());
  EXPECT_EQ(f.transaction.deadline(), std::nullopt);
}

}  // namespace
}  // namespace bowline::core
