#include "core/eyeballs/attempts/attempts.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

Attempt to(const char* remote, Instant started = Instant(1s)) {
  Attempt made;
  made.remote = SocketAddress::parse(remote).value();
  made.protocol = CandidateProtocol::tls;
  made.started = started;
  return made;
}

Error failure(ErrorKind kind) { return Error(kind, "connect", "scripted"); }

Race::Target target() {
  Race::Target made;
  made.name = "a.example";
  made.port = 443;
  return made;
}

TEST(Attempts, are_numbered_from_one_in_the_order_of_starting) {
  Attempts attempts;
  EXPECT_EQ(attempts.start(to("192.0.2.1:443")), 1u);
  EXPECT_EQ(attempts.start(to("192.0.2.2:443")), 2u);
  EXPECT_EQ(attempts.running_count(), 2u);
}

TEST(Attempts, are_found_only_while_they_run) {
  Attempts attempts;
  attempts.start(to("192.0.2.1:443"));
  EXPECT_EQ(attempts.find_running(0), nullptr);
  EXPECT_EQ(attempts.find_running(2), nullptr);
  attempts.end(*attempts.find_running(1), AttemptState::lost);
  EXPECT_EQ(attempts.find_running(1), nullptr);
  EXPECT_EQ(attempts.running_count(), 0u);
}

TEST(Attempts, the_oldest_that_runs_sets_the_limit) {
  Attempts attempts;
  EXPECT_FALSE(attempts.oldest_running_start().has_value());
  attempts.start(to("192.0.2.1:443", Instant(1s)));
  attempts.start(to("192.0.2.2:443", Instant(2s)));
  EXPECT_EQ(attempts.oldest_running_start(), Instant(1s));
  attempts.fail(*attempts.find_running(1), failure(ErrorKind::refused));
  EXPECT_EQ(attempts.oldest_running_start(), Instant(2s));
}

TEST(Attempts, remember_what_was_tried) {
  Attempts attempts;
  attempts.start(to("192.0.2.1:443"));
  EXPECT_TRUE(
      attempts.was_tried(SocketAddress::parse("192.0.2.1:443").value(), CandidateProtocol::tls));
  EXPECT_FALSE(
      attempts.was_tried(SocketAddress::parse("192.0.2.1:443").value(), CandidateProtocol::quic));
  EXPECT_FALSE(
      attempts.was_tried(SocketAddress::parse("192.0.2.1:80").value(), CandidateProtocol::tls));
}

TEST(RaceError, is_that_of_the_attempt_that_got_furthest) {
  const ErrorKind best_first[] = {
      ErrorKind::untrusted, ErrorKind::protocol_violation, ErrorKind::reset,   ErrorKind::refused,
      ErrorKind::timed_out, ErrorKind::unreachable,        ErrorKind::internal};
  for (std::size_t i = 0; i + 1 < std::size(best_first); ++i) {
    for (const bool swapped : {false, true}) {
      Attempts attempts;
      attempts.start(to("192.0.2.1:443"));
      attempts.start(to("192.0.2.2:443"));
      attempts.fail(*attempts.find_running(1), failure(best_first[swapped ? i + 1 : i]));
      attempts.fail(*attempts.find_running(2), failure(best_first[swapped ? i : i + 1]));
      EXPECT_EQ(race_error(attempts, target()).kind(), best_first[i]);
    }
  }
}

TEST(RaceError, names_the_target_and_lists_every_attempt_with_its_address) {
  Attempts attempts;
  attempts.start(to("[2001:db8::1]:443"));
  attempts.start(to("192.0.2.2:443"));
  attempts.fail(*attempts.find_running(2), failure(ErrorKind::timed_out));
  attempts.fail(*attempts.find_running(1), failure(ErrorKind::refused));
  const Error error = race_error(attempts, target());
  EXPECT_EQ(error.subject(), "a.example:443");
  ASSERT_EQ(error.attempts().size(), 2u);
  EXPECT_EQ(error.attempts()[0].subject(), "[2001:db8::1]:443");
  EXPECT_EQ(error.attempts()[1].subject(), "192.0.2.2:443");
}

}  // namespace
}  // namespace bowline::core
