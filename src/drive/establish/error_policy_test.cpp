#include "drive/establish/error_policy.h"

#include <gtest/gtest.h>

#include "core/eyeballs/attempts/history.h"
#include "drive/establish/establishment_record.h"

namespace bowline::drive {
namespace {

using namespace std::chrono_literals;

TEST(ErrorPolicy, says_how_an_error_shows_and_whether_the_address_is_to_blame) {
  struct Row {
    ErrorKind kind;
    AttemptOutcome outcome;
    bool blames_address;
  };
  const Row rows[] = {
      {ErrorKind::refused, AttemptOutcome::refused, true},
      {ErrorKind::reset, AttemptOutcome::refused, true},
      {ErrorKind::unreachable, AttemptOutcome::unreachable, true},
      {ErrorKind::timed_out, AttemptOutcome::timeout, true},
      {ErrorKind::untrusted, AttemptOutcome::tls_failed, true},
      {ErrorKind::protocol_violation, AttemptOutcome::failed, true},
      {ErrorKind::address_unavailable, AttemptOutcome::unreachable, false},
      {ErrorKind::resources_exhausted, AttemptOutcome::failed, false},
      {ErrorKind::cancelled, AttemptOutcome::cancelled, false},
  };
  for (const Row& row : rows) {
    const Error error(row.kind, "connect", "in a table");
    EXPECT_EQ(outcome_of(error), row.outcome) << to_string(row.kind);
    EXPECT_EQ(blames_address(error), row.blames_address) << to_string(row.kind);
  }
}

EstablishmentRecord::Attempt attempt(AttemptOutcome outcome, Duration took) {
  const Instant start{1h};
  EstablishmentRecord::Attempt made{1,
                                    1,
                                    SocketAddress(IpAddress::parse("192.0.2.1").value(), 80),
                                    core::CandidateProtocol::tcp,
                                    start,
                                    start + took};
  made.outcome = outcome;
  return made;
}

TEST(ErrorPolicy, a_success_teaches_the_round_trip_unless_something_was_sent_twice) {
  const IpAddress address = IpAddress::parse("192.0.2.1").value();
  const Instant now{1h + 10s};
  core::History history;
  teach(history, attempt(AttemptOutcome::won, 20ms), true);
  EXPECT_FALSE(history.rtt(address, now)) << "ready at once";
  teach(history, attempt(AttemptOutcome::won, 1100ms), false);
  EXPECT_FALSE(history.rtt(address, now)) << "repeated";
  teach(history, attempt(AttemptOutcome::won, 20ms), false);
  EXPECT_EQ(history.rtt(address, now), 20ms);
}

TEST(EstablishmentRecord, forgets_the_oldest_attempt_that_has_ended) {
  EstablishmentRecord record(1, Endpoint());
  const SocketAddress remote(IpAddress::any(Family::ipv4), 80);
  for (std::uint32_t i = 1; i <= EstablishmentRecord::attempts_max + 1; ++i) {
    auto& made = record.add_attempt(1, {i, remote, core::CandidateProtocol::tcp, {}}, Instant());
    if (i > 1) made.outcome = AttemptOutcome::refused;
  }
  EXPECT_EQ(record.attempts.size(), EstablishmentRecord::attempts_max);
  EXPECT_EQ(record.attempts[0].number, 1U) << "it still runs";
  EXPECT_EQ(record.attempts[1].number, 3U);
}

}  // namespace
}  // namespace bowline::drive
