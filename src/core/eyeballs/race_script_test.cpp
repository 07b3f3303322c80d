// The body of RaceScript, and what its users rely on.

#include "core/eyeballs/race_script.h"

#include <gtest/gtest.h>

namespace bowline::core {

void RaceScript::run(Duration until) {
  SeededRandom random(seed);
  Race race(options, target, &history, random);
  race.start(origin_);
  drain(race, origin_);
  for (;;) {
    const auto deadline = race.deadline();
    const bool event_first = !events_.empty() && (!deadline || events_.begin()->first <= *deadline);
    if (!event_first && !deadline) break;
    const Instant now = event_first ? events_.begin()->first : *deadline;
    if (since(now) > until) break;
    if (event_first) {
      const auto action = std::move(events_.extract(events_.begin()).mapped());
      action(race, now);
    } else {
      race.handle_timeout(now);
    }
    drain(race, now);
    if (!event_first && race.deadline().has_value()) {
      ASSERT_GT(*race.deadline(), now) << "the deadline stands still\n" << transcript;
    }
  }
  check_end(race);
}

void RaceScript::check_end(Race& race) const {
  if (!ended_at) return;
  EXPECT_FALSE(race.deadline().has_value());
  EXPECT_EQ(running_, 0u) << "attempts without an end\n" << transcript;
}

void RaceScript::drain(Race& race, Instant now) {
  while (auto output = race.poll()) {
    const bool is_trace = std::holds_alternative<TraceNote>(*output);
    EXPECT_TRUE(!ended_at || is_trace) << "an output after the end\n" << transcript;
    std::visit([&](const auto& value) { take(value, now); }, *output);
  }
}

void RaceScript::take(const Race::Ask& ask, Instant now) {
  asks.push_back({since(now), ask});
  std::string line = "ask " + ask.name;
  for (const RaceQuery query : ask.queries) {
    line += query == RaceQuery::service ? " service" : query == RaceQuery::ipv6 ? " ipv6" : " ipv4";
    const auto [begin, end] = answers_.equal_range(std::pair(ask.name, query));
    for (auto scripted = begin; scripted != end; ++scripted) {
      const auto& [after, made] = scripted->second;
      events_.emplace(now + after,
                      [made](Race& race, Instant then) { race.handle_answer(made, then); });
    }
  }
  write(now, line);
}

void RaceScript::take(const Race::StartAttempt& attempt, Instant now) {
  if (!starts.empty()) {
    EXPECT_GE(since(now) - starts.back().at, std::chrono::milliseconds(10)) << transcript;
  }
  EXPECT_EQ(attempt.attempt, starts.size() + 1);
  starts.push_back({since(now), attempt, std::nullopt});
  running_most = std::max(running_most, ++running_);
  EXPECT_LE(running_, options.concurrent_max) << transcript;
  write(now, "start " + std::to_string(attempt.attempt) + " " + to_string(attempt.remote) + " " +
                 std::string(to_string(attempt.protocol)) + " for " + attempt.target);
  schedule(attempt, now);
}

void RaceScript::schedule(const Race::StartAttempt& attempt, Instant now) {
  const std::string name = to_string(attempt.remote.ip);
  auto found = outcomes_.find(name + "/" + std::string(to_string(attempt.protocol)));
  if (found == outcomes_.end()) found = outcomes_.find(name);
  if (found == outcomes_.end()) return;
  const Outcome& outcome = found->second;
  const Race::AttemptId id = attempt.attempt;
  if (outcome.progress)
    events_.emplace(now + *outcome.progress, [this, id](Race& race, Instant then) {
      if (!starts[id - 1].ended) write(then, "progress " + std::to_string(id));
      race.handle_progress(id, then);
    });
  if (outcome.ready)
    events_.emplace(now + *outcome.ready, [this, id](Race& race, Instant then) {
      if (!starts[id - 1].ended) write(then, "ready " + std::to_string(id));
      race.handle_ready(id, then);
    });
  if (outcome.failure)
    events_.emplace(now + outcome.failure->first, [this, id, kind = outcome.failure->second](
                                                      Race& race, Instant then) {
      if (!starts[id - 1].ended) {
        write(then, "failure " + std::to_string(id) + " " + std::string(to_string(kind)));
        fall_silent(id, then);
      }
      race.handle_attempt_failure(id, Error(kind, "connect", "scripted"), then);
    });
}

void RaceScript::fall_silent(Race::AttemptId attempt, Instant now) {
  EXPECT_FALSE(starts.at(attempt - 1).ended.has_value()) << "ended twice\n" << transcript;
  starts[attempt - 1].ended = since(now);
  --running_;
}

void RaceScript::take(const Race::CancelAttempt& attempt, Instant now) {
  const std::string reason = attempt.error ? " " + to_string(*attempt.error) : "";
  write(now, "cancel " + std::to_string(attempt.attempt) + reason);
  cancelled.push_back(attempt.attempt);
  fall_silent(attempt.attempt, now);
}

void RaceScript::take(const Race::StopAsking&, Instant now) {
  write(now, "stop asking");
  ++stops;
}

void RaceScript::take(const Race::Won& won, Instant now) {
  write(now, "won " + std::to_string(won.attempt));
  fall_silent(won.attempt, now);
  winner = won.attempt;
  ended_at = since(now);
}

void RaceScript::take(const Race::Failed& failed, Instant now) {
  write(now, "failed " + to_string(failed.error));
  for (const Error& each : failed.error.attempts()) write(now, "  " + to_string(each));
  error = failed.error;
  ended_at = since(now);
}

void RaceScript::take(const TraceNote& note, Instant now) {
  write(now, "# " + std::string(to_string(note.kind)) + " " + note.detail);
}

std::string RaceScript::label(const Race::StartAttempt& attempt) const {
  std::string text = to_string(attempt.remote.ip);
  if (attempt.remote.port != target.port) text += " port " + std::to_string(attempt.remote.port);
  if (target.protocols.size() > 1) text += "/" + std::string(to_string(attempt.protocol));
  return text;
}

std::string RaceScript::started() const {
  std::string text;
  for (const Start& start : starts)
    text += (text.empty() ? "" : ", ") + ms(start.at) + " " + label(start.attempt);
  return text;
}

std::string RaceScript::order() const {
  std::string text;
  for (const Start& start : starts) text += (text.empty() ? "" : " ") + label(start.attempt);
  return text;
}

std::string RaceScript::result() const {
  if (!ended_at) return "undecided";
  if (winner) return "won " + label(starts[*winner - 1].attempt) + " at " + ms(*ended_at);
  return "failed " + std::string(to_string(error->kind())) + " at " + ms(*ended_at);
}

std::string RaceScript::asked() const {
  std::string text;
  for (const Asked& asked : asks) {
    text += (text.empty() ? "" : "; ") + asked.ask.name;
    for (const RaceQuery query : asked.ask.queries)
      text += query == RaceQuery::service ? " service"
              : query == RaceQuery::ipv6  ? " ipv6"
                                          : " ipv4";
  }
  return text;
}

namespace {

using namespace std::chrono_literals;

TEST(RaceScript, counts_answers_from_the_question_and_outcomes_from_the_attempt) {
  RaceScript script;
  script.ipv6(7ms, {"2001:db8::1"});
  script.connects("2001:db8::1", 20ms);
  script.run();
  EXPECT_EQ(script.asked(), "a.example ipv6 ipv4");
  EXPECT_EQ(script.started(), "7 2001:db8::1");
  EXPECT_EQ(script.order(), "2001:db8::1");
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 27");
}

TEST(RaceScript, leaves_a_race_undecided_that_nobody_answers) {
  RaceScript script;
  script.run();
  EXPECT_EQ(script.result(), "undecided");
}

}  // namespace
}  // namespace bowline::core
