#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "sim/tests/tcp_pair.h"

namespace bowline::sim {
namespace {

std::string random_text(SeededRandom& random, std::size_t size) {
  std::string text(size, '\0');
  random.fill(std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(TcpConnection, connects_in_one_round_trip_and_measures_it) {
  TcpPair pair;
  pair.run_for(20ms);
  EXPECT_EQ(pair.client.state(), TcpState::established);
  EXPECT_EQ(pair.client.sender().round_trip().smoothed(), 20ms);
  pair.run_for(10ms);
  ASSERT_TRUE(pair.server);
  EXPECT_EQ(pair.server->state(), TcpState::established);
}

TEST(TcpConnection, repeats_the_syn_after_1_and_3_seconds_and_gives_up_after_7) {
  TcpOptions options;
  options.syn_retries_max = 2;
  TcpPair pair(options);
  pair.server_listens = false;
  const Instant start = pair.now;
  pair.run_for(2999ms);
  EXPECT_EQ(pair.segments, 2);
  pair.run_for(1ms);
  EXPECT_EQ(pair.segments, 3);
  while (!pair.client.failure()) ASSERT_TRUE(pair.step(pair.now + 100s));
  EXPECT_EQ(pair.now - start, 7s);
  EXPECT_EQ(pair.segments, 3);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, a_reset_in_the_handshake_is_refused) {
  TcpPair pair;
  wire::TcpSegment reset;
  reset.rst = reset.ack = true;
  reset.acknowledgement = 0xfffffff0 + 2;
  pair.client.handle(reset, pair.now);
  EXPECT_FALSE(pair.client.failure()) << "a RST that acknowledges something else is not ours";
  reset.acknowledgement = 0xfffffff0 + 1;
  pair.client.handle(reset, pair.now);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::refused);
}

TEST(TcpConnection, only_the_exact_sequence_number_resets_an_established_connection) {
  TcpPair pair;
  pair.establish();
  wire::TcpSegment reset;
  reset.rst = true;
  reset.sequence = 7 + 1 + 100;
  pair.client.handle(reset, pair.now);
  EXPECT_FALSE(pair.client.failure());
  reset.sequence = 7 + 1;
  pair.client.handle(reset, pair.now);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::reset);
}

TEST(TcpConnection, an_icmp_error_ends_only_a_connection_that_is_not_established) {
  TcpPair connecting;
  connecting.client.handle_unreachable(Error::from_errno(EHOSTUNREACH, "connect"), connecting.now);
  EXPECT_EQ(connecting.client.state(), TcpState::closed);
  TcpPair pair;
  pair.establish();
  pair.client.handle_unreachable(Error::from_errno(EHOSTUNREACH, "connect"), pair.now);
  EXPECT_EQ(pair.client.state(), TcpState::established);
}

TEST(TcpConnection, both_sides_close_in_order) {
  TcpPair pair;
  pair.establish();
  EXPECT_EQ(*pair.client.write(as_bytes("request")), 7u);
  pair.client.shutdown_write();
  pair.drain_both();
  pair.run_for(100ms);
  EXPECT_EQ(pair.client.state(), TcpState::fin_wait_2);
  EXPECT_EQ(pair.server->state(), TcpState::close_wait);
  EXPECT_EQ(read_all(*pair.server), "request");
  EXPECT_TRUE(pair.server->at_end());
  EXPECT_FALSE(pair.client.write(as_bytes("more")).has_value());
  EXPECT_EQ(*pair.server->write(as_bytes("response")), 8u);
  pair.server->shutdown_write();
  pair.drain_both();
  pair.run_for(100ms);
  EXPECT_EQ(read_all(pair.client), "response");
  EXPECT_TRUE(pair.client.at_end());
  EXPECT_EQ(pair.server->state(), TcpState::closed);
  EXPECT_EQ(pair.client.state(), TcpState::time_wait);
  pair.run_for(2s);
  EXPECT_EQ(pair.client.state(), TcpState::closed);
  EXPECT_FALSE(pair.client.failure());
}

TEST(TcpConnection, both_sides_may_close_at_the_same_time) {
  TcpPair pair;
  pair.establish();
  pair.client.shutdown_write();
  pair.server->shutdown_write();
  pair.drain_both();
  pair.run_for(5s);
  EXPECT_EQ(pair.client.state(), TcpState::closed);
  EXPECT_EQ(pair.server->state(), TcpState::closed);
  EXPECT_FALSE(pair.client.failure() || pair.server->failure());
}

TEST(TcpConnection, a_reset_ends_the_time_wait_without_an_error) {
  TcpPair pair;
  pair.establish();
  pair.client.shutdown_write();
  pair.drain_both();
  pair.run_for(100ms);
  pair.server->shutdown_write();
  pair.drain_both();
  pair.run_for(100ms);
  ASSERT_EQ(pair.client.state(), TcpState::time_wait);
  wire::TcpSegment reset;
  reset.rst = true;
  reset.sequence = 7 + 1 + 1;
  pair.client.handle(reset, pair.now);
  EXPECT_EQ(pair.client.state(), TcpState::closed);
  EXPECT_FALSE(pair.client.failure());
  EXPECT_FALSE(pair.client.deadline());
}

TEST(TcpConnection, an_abort_resets_the_peer_after_what_it_had_read) {
  TcpPair pair;
  pair.establish();
  EXPECT_EQ(*pair.client.write(as_bytes("last words")), 10u);
  pair.drain_both();
  pair.run_for(50ms);
  pair.client.abort();
  pair.drain_both();
  pair.run_for(50ms);
  EXPECT_EQ(read_all(*pair.server), "last words");
  std::array<std::byte, 1> byte;
  EXPECT_EQ(pair.server->read(byte).error().kind(), ErrorKind::reset);
}

TEST(TcpConnection, closing_with_unread_bytes_resets) {
  TcpPair pair;
  pair.establish();
  EXPECT_EQ(*pair.client.write(as_bytes("unread")), 6u);
  pair.drain_both();
  pair.run_for(50ms);
  pair.server->close(pair.now);
  pair.drain_both();
  pair.run_for(50ms);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::reset);
}

TEST(TcpConnection, what_was_written_before_close_is_delivered) {
  TcpPair pair;
  pair.establish();
  SeededRandom random(3);
  const std::string text = random_text(random, 100'000);
  EXPECT_EQ(*pair.client.write(as_bytes(text)), text.size());
  pair.client.close(pair.now);
  pair.drain_both();
  pair.run_for(5s);
  EXPECT_EQ(read_all(*pair.server), text);
  EXPECT_TRUE(pair.server->at_end());
}

TEST(TcpConnection, a_slow_reader_stops_the_writer_and_lets_it_go_on) {
  TcpOptions options;
  options.receive_buffer_bytes_max = 20'000;
  options.sending.buffer_bytes_max = 10'000;
  TcpPair pair(options);
  pair.establish();
  SeededRandom random(4);
  const std::string text = random_text(random, 60'000);
  std::string_view rest = text;
  const auto write_more = [&] {
    rest.remove_prefix(*pair.client.write(as_bytes(rest)));
    pair.drain_both();
    pair.run_for(20s);
  };
  for (int i = 0; i < 10; ++i) write_more();
  EXPECT_EQ(rest.size(), 30'000u) << "both buffers are full";
  EXPECT_FALSE(pair.client.writable());
  EXPECT_FALSE(pair.client.failure()) << "window probes are answered";
  std::string got;
  for (int i = 0; i < 40; ++i) {
    got += read_all(*pair.server);
    pair.drain_both();
    write_more();
  }
  EXPECT_EQ(got, text);
}

TEST(TcpConnection, a_lost_window_update_is_found_by_probing) {
  TcpOptions options;
  options.receive_buffer_bytes_max = 5'000;
  TcpPair pair(options);
  pair.establish();
  const std::string text(8'000, 'x');
  EXPECT_EQ(*pair.client.write(as_bytes(text)), text.size());
  pair.drain_both();
  pair.run_for(100ms);
  std::string got = read_all(*pair.server);
  EXPECT_EQ(got.size(), 5'000u);
  pair.cut = true;
  pair.drain_both();  // the update is lost here
  pair.cut = false;
  pair.run_for(5s);
  got += read_all(*pair.server);
  EXPECT_EQ(got, text);
}

TEST(TcpConnection, the_user_timeout_bounds_the_wait_for_an_answer) {
  TcpOptions options;
  options.sending.user_timeout = 3s;
  TcpPair pair(options);
  pair.establish();
  pair.cut = true;
  const Instant written_at = pair.now;
  EXPECT_EQ(*pair.client.write(as_bytes("text")), 4u);
  pair.drain_both();
  while (!pair.client.failure()) ASSERT_TRUE(pair.step(pair.now + 10s));
  EXPECT_EQ(pair.now - written_at, 3s);
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, the_user_timeout_bounds_the_handshake) {
  TcpOptions options;
  options.sending.user_timeout = 3500ms;
  TcpPair pair(options);
  pair.server_listens = false;
  const Instant start = pair.now;
  while (!pair.client.failure()) ASSERT_TRUE(pair.step(pair.now + 10s));
  EXPECT_EQ(pair.now - start, 3500ms);
  EXPECT_EQ(pair.segments, 3);
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, the_user_timeout_bounds_the_wait_for_room_though_probes_are_answered) {
  TcpOptions options;
  options.sending.user_timeout = 3s;
  options.receive_buffer_bytes_max = 5'000;
  TcpPair pair(options);
  pair.establish();
  const std::string text(8'000, 'x');
  EXPECT_EQ(*pair.client.write(as_bytes(text)), text.size());
  pair.drain_both();
  pair.run_for(2s);
  EXPECT_EQ(read_all(*pair.server).size(), 5'000u);
  pair.drain_both();
  pair.run_for(1h);
  EXPECT_FALSE(pair.client.failure()) << "there was room in time";
  EXPECT_EQ(*pair.client.write(as_bytes(text)), text.size());
  pair.drain_both();
  pair.run_for(4s);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, keep_alives_notice_a_dead_peer) {
  TcpOptions options;
  options.keep_alive = true;
  options.keep_alive_idle = 10s;
  options.keep_alive_interval = 2s;
  options.keep_alive_count = 3;
  TcpPair pair(options);
  pair.establish();
  pair.run_for(60s);
  EXPECT_FALSE(pair.client.failure()) << "a living peer answers";
  pair.cut = true;
  pair.run_for(17s);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, the_user_timeout_and_not_the_count_ends_unanswered_keep_alives) {
  TcpOptions options;
  options.keep_alive = true;
  options.keep_alive_idle = 10s;
  options.keep_alive_interval = 2s;
  options.keep_alive_count = 3;
  options.sending.user_timeout = 30s;
  TcpPair pair(options);
  pair.establish();
  pair.cut = true;
  pair.run_for(25s);
  EXPECT_FALSE(pair.client.failure());
  pair.run_for(10s);
  ASSERT_TRUE(pair.client.failure());
  EXPECT_EQ(pair.client.failure()->kind(), ErrorKind::timed_out);
}

TEST(TcpConnection, a_smaller_path_is_used_once_it_is_known) {
  TcpPair pair;
  pair.establish();
  pair.payload_bytes_max = 1200;
  const std::string text(5'000, 'x');
  EXPECT_EQ(*pair.client.write(as_bytes(text)), text.size());
  pair.drain_both();
  pair.run_for(2s);
  EXPECT_EQ(read_all(*pair.server), "") << "a black hole";
  pair.client.handle_path_segment_bytes(1200, pair.now);
  pair.drain_both();
  pair.run_for(2s);
  EXPECT_EQ(read_all(*pair.server), text);
}

TEST(TcpConnection, a_path_report_does_not_raise_segments_above_what_the_peer_takes) {
  const Instant now{1ms};
  TcpConnection client = TcpConnection::open({}, 100, now);
  while (client.poll(now)) {
  }
  wire::TcpSegment answer;
  answer.syn = answer.ack = true;
  answer.sequence = 7;
  answer.acknowledgement = 101;
  answer.segment_bytes_max = 500;
  answer.window = 60'000;
  client.handle(answer, now);
  EXPECT_EQ(*client.write(as_bytes(std::string(5'000, 'x'))), 5'000u);
  client.handle_path_segment_bytes(1200, now);
  int full = 0;
  while (const auto segment = client.poll(now)) {
    EXPECT_LE(segment->payload.size(), 500u);
    full += segment->payload.size() == 500u;
  }
  EXPECT_EQ(full, 10);
}

TEST(TcpConnection, a_single_loss_is_repaired_without_a_timeout) {
  TcpPair pair;
  pair.establish();
  const std::string text(14'000, 'x');
  pair.cut = true;
  EXPECT_EQ(*pair.client.write(as_bytes(text.substr(0, 1460))), 1460u);
  pair.drain_both();
  pair.cut = false;
  EXPECT_EQ(*pair.client.write(as_bytes(text.substr(1460))), text.size() - 1460);
  pair.drain_both();
  pair.run_for(60ms);
  EXPECT_EQ(read_all(*pair.server).size(), text.size()) << "the timeout would be 200 ms";
}

/// One side's traffic: what it means to say, and what it has heard.
struct Speech {
  std::string text;
  std::string_view rest;
  std::string heard;
};

void talk(TcpConnection& connection, Speech& speech, SeededRandom& random) {
  if (connection.is_connecting()) return;
  const std::size_t piece = std::min<std::size_t>(speech.rest.size(), random.below(30'000));
  if (const auto taken = connection.write(as_bytes(speech.rest.substr(0, piece)));
      taken.has_value())
    speech.rest.remove_prefix(*taken);
  if (speech.rest.empty()) connection.shutdown_write();
  if (random.below(2) == 0) speech.heard += read_all(connection);
}

TEST(TcpConnection, delivers_every_byte_under_loss_doubling_and_reordering) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const TcpFaults faults{random.below(200), random.below(100), random.below(300)};
    TcpOptions options;
    options.receive_buffer_bytes_max = 3'000 + random.below(100'000);
    options.sending.buffer_bytes_max = 3'000 + random.below(100'000);
    options.segment_bytes_max = 100 + random.below(1400);
    options.sending.no_delay = random.below(2) == 0;
    options.syn_retries_max = 10;
    options.time_wait = 1h;  // nobody here answers for a connection that is gone
    TcpPair pair(options, faults, seed);
    Speech client{random_text(random, random.below(40'000)), {}, {}};
    Speech server{random_text(random, random.below(40'000)), {}, {}};
    client.rest = client.text;
    server.rest = server.text;
    for (int turn = 0; turn < 200'000; ++turn) {
      talk(pair.client, client, random);
      if (pair.server) talk(*pair.server, server, random);
      pair.drain_both();
      const bool moved = pair.step(pair.now + 2h);
      if (!moved && pair.server && client.heard == server.text && server.heard == client.text)
        break;
    }
    ASSERT_EQ(client.heard, server.text);
    ASSERT_EQ(server.heard, client.text);
    ASSERT_EQ(pair.client.state(), TcpState::closed);
    ASSERT_FALSE(pair.client.failure()) << to_string(*pair.client.failure());
  }
}

}  // namespace
}  // namespace bowline::sim
