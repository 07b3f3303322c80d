#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/eyeballs/race.h"

namespace bowline::core {

/// A race against a scripted world in virtual time, for tests.
///
/// Say what the name servers answer and what the addresses do, `run()`, and read what the race did.
/// A name that is not scripted is never answered; an address that is not scripted swallows
/// everything. All times count from the start, those of answers from the question, those of
/// addresses from the attempt. Every run also checks what holds for all races: the floor between
/// starts, the cap on attempts at once, one terminal output and nothing after it, an end for every
/// attempt, and a deadline that moves on.
class RaceScript {
 public:
  RaceScript() {
    target.name = "a.example";
    target.port = 443;
    target.protocols = {CandidateProtocol::tls};
  }

  // The world.
  Race::Options options;
  Race::Target target;
  History history;
  std::uint64_t seed = 1;
  std::optional<IpAddress> source_ipv6 = address("2001:db8:f::1");
  std::optional<IpAddress> source_ipv4 = address("192.0.2.200");

  static IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

  [[nodiscard]] RaceAddress reached(std::string_view text) const {
    const IpAddress parsed = address(text);
    return {parsed, parsed.is_v6() ? source_ipv6 : source_ipv4, false};
  }

  [[nodiscard]] std::vector<RaceAddress> all_reached(const std::vector<std::string>& texts) const {
    std::vector<RaceAddress> all;
    for (const std::string& text : texts) all.push_back(reached(text));
    return all;
  }

  static RaceService service(std::uint16_t priority, std::string name,
                             std::vector<std::string> alpn = {"h2"}) {
    RaceService made;
    made.priority = priority;
    made.target = std::move(name);
    made.alpn = std::move(alpn);
    return made;
  }

  static RaceAnswer blank(RaceQuery query, std::string name = "a.example") {
    RaceAnswer made;
    made.name = std::move(name);
    made.query = query;
    return made;
  }

  void answer(RaceAnswer scripted, Duration after) {
    const auto key = std::pair(scripted.name, scripted.query);
    answers_.emplace(key, std::pair(after, std::move(scripted)));
  }
  void ipv6(Duration after, const std::vector<std::string>& texts, std::string name = "a.example") {
    answer(addresses(RaceQuery::ipv6, texts, std::move(name)), after);
  }
  void ipv4(Duration after, const std::vector<std::string>& texts, std::string name = "a.example") {
    answer(addresses(RaceQuery::ipv4, texts, std::move(name)), after);
  }
  void services(Duration after, std::vector<RaceService> records, std::string name = "a.example") {
    target.query_service = true;
    RaceAnswer scripted = blank(RaceQuery::service, std::move(name));
    scripted.positive = true;
    scripted.services = std::move(records);
    answer(std::move(scripted), after);
  }
  void alias(Duration after, std::string to, std::string name = "a.example") {
    target.query_service = true;
    RaceAnswer scripted = blank(RaceQuery::service, std::move(name));
    scripted.positive = true;
    scripted.alias = std::move(to);
    answer(std::move(scripted), after);
  }
  void none(RaceQuery query, Duration after, ErrorKind kind = ErrorKind::name_not_found,
            std::string name = "a.example") {
    if (query == RaceQuery::service) target.query_service = true;
    RaceAnswer scripted = blank(query, std::move(name));
    scripted.error = Error(kind, "resolve", "scripted");
    answer(std::move(scripted), after);
  }
  [[nodiscard]] RaceAnswer addresses(RaceQuery query, const std::vector<std::string>& texts,
                                     std::string name = "a.example") const {
    RaceAnswer scripted = blank(query, std::move(name));
    scripted.positive = true;
    scripted.addresses = all_reached(texts);
    return scripted;
  }

  /// `2001:db8::1`, or `2001:db8::1/quic` for one protocol only.
  void connects(std::string_view text, Duration after) { outcomes_[text_of(text)].ready = after; }
  void progresses(std::string_view text, Duration after) {
    outcomes_[text_of(text)].progress = after;
  }
  void fails(std::string_view text, Duration after, ErrorKind kind = ErrorKind::refused) {
    outcomes_[text_of(text)].failure = std::pair(after, kind);
  }
  void at(Duration when, std::function<void(Race&, Instant)> action) {
    events_.emplace(origin_ + when, std::move(action));
  }

  void run(Duration until = std::chrono::minutes(5));

  // What the race did.
  struct Start {
    Duration at;
    Race::StartAttempt attempt;
    std::optional<Duration> ended;
  };
  struct Asked {
    Duration at;
    Race::Ask ask;
  };
  std::vector<Start> starts;
  std::vector<Asked> asks;
  std::vector<Race::AttemptId> cancelled;
  std::optional<Race::AttemptId> winner;
  std::optional<Error> error;
  std::optional<Duration> ended_at;
  std::size_t stops = 0;
  std::size_t running_most = 0;
  std::string transcript;

  /// `0 2001:db8::1, 250 192.0.2.1`; with the port if it is not the target's, the protocol if there
  /// are several.
  [[nodiscard]] std::string started() const;
  /// `2001:db8::1 192.0.2.1`
  [[nodiscard]] std::string order() const;
  /// `won 192.0.2.1 at 270`, `failed refused at 15`, or `undecided`.
  [[nodiscard]] std::string result() const;
  /// `a.example service ipv6 ipv4; b.example ipv6 ipv4`
  [[nodiscard]] std::string asked() const;

 private:
  struct Outcome {
    std::optional<Duration> progress;
    std::optional<Duration> ready;
    std::optional<std::pair<Duration, ErrorKind>> failure;
  };

  static std::string text_of(std::string_view text) {
    const auto slash = text.find('/');
    const std::string suffix(slash == std::string_view::npos ? "" : text.substr(slash));
    return to_string(address(text.substr(0, slash))) + suffix;
  }
  static std::string ms(Duration duration) {
    const std::string text = format_ms(duration);
    return text.ends_with(".000") ? text.substr(0, text.size() - 4) : text;
  }
  [[nodiscard]] std::string label(const Race::StartAttempt& attempt) const;
  [[nodiscard]] Duration since(Instant now) const { return now - origin_; }

  void drain(Race& race, Instant now);
  void take(const Race::Ask& ask, Instant now);
  void take(const Race::StartAttempt& attempt, Instant now);
  void take(const Race::CancelAttempt& attempt, Instant now);
  void take(const Race::StopAsking&, Instant now);
  void take(const Race::Won& won, Instant now);
  void take(const Race::Failed& failed, Instant now);
  void take(const TraceNote& note, Instant now);
  void fall_silent(Race::AttemptId attempt, Instant now);
  void schedule(const Race::StartAttempt& attempt, Instant now);
  void write(Instant now, const std::string& line) {
    transcript += ms(since(now)) + " " + line + "\n";
  }
  void check_end(Race& race) const;

  const Instant origin_{std::chrono::seconds(1)};
  std::multimap<std::pair<std::string, RaceQuery>, std::pair<Duration, RaceAnswer>> answers_;
  std::map<std::string, Outcome> outcomes_;
  std::multimap<Instant, std::function<void(Race&, Instant)>> events_;
  std::size_t running_ = 0;
};

inline void RaceScript::run(Duration until) {
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

inline void RaceScript::check_end(Race& race) const {
  if (!ended_at) return;
  EXPECT_FALSE(race.deadline().has_value());
  EXPECT_EQ(running_, 0u) << "attempts without an end\n" << transcript;
}

inline void RaceScript::drain(Race& race, Instant now) {
  while (auto output = race.poll()) {
    const bool is_trace = std::holds_alternative<TraceNote>(*output);
    EXPECT_TRUE(!ended_at || is_trace) << "an output after the end\n" << transcript;
    std::visit([&](const auto& value) { take(value, now); }, *output);
  }
}

inline void RaceScript::take(const Race::Ask& ask, Instant now) {
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

inline void RaceScript::take(const Race::StartAttempt& attempt, Instant now) {
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

inline void RaceScript::schedule(const Race::StartAttempt& attempt, Instant now) {
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

inline void RaceScript::fall_silent(Race::AttemptId attempt, Instant now) {
  EXPECT_FALSE(starts.at(attempt - 1).ended.has_value()) << "ended twice\n" << transcript;
  starts[attempt - 1].ended = since(now);
  --running_;
}

inline void RaceScript::take(const Race::CancelAttempt& attempt, Instant now) {
  write(now, "cancel " + std::to_string(attempt.attempt));
  cancelled.push_back(attempt.attempt);
  fall_silent(attempt.attempt, now);
}

inline void RaceScript::take(const Race::StopAsking&, Instant now) {
  write(now, "stop asking");
  ++stops;
}

inline void RaceScript::take(const Race::Won& won, Instant now) {
  write(now, "won " + std::to_string(won.attempt));
  fall_silent(won.attempt, now);
  winner = won.attempt;
  ended_at = since(now);
}

inline void RaceScript::take(const Race::Failed& failed, Instant now) {
  write(now, "failed " + to_string(failed.error));
  for (const Error& each : failed.error.attempts()) write(now, "  " + to_string(each));
  error = failed.error;
  ended_at = since(now);
}

inline void RaceScript::take(const TraceNote& note, Instant now) {
  write(now, "# " + std::string(to_string(note.kind)) + " " + note.detail);
}

inline std::string RaceScript::label(const Race::StartAttempt& attempt) const {
  std::string text = to_string(attempt.remote.ip);
  if (attempt.remote.port != target.port) text += " port " + std::to_string(attempt.remote.port);
  if (target.protocols.size() > 1) text += "/" + std::string(to_string(attempt.protocol));
  return text;
}

inline std::string RaceScript::started() const {
  std::string text;
  for (const Start& start : starts)
    text += (text.empty() ? "" : ", ") + ms(start.at) + " " + label(start.attempt);
  return text;
}

inline std::string RaceScript::order() const {
  std::string text;
  for (const Start& start : starts) text += (text.empty() ? "" : " ") + label(start.attempt);
  return text;
}

inline std::string RaceScript::result() const {
  if (!ended_at) return "undecided";
  if (winner) return "won " + label(starts[*winner - 1].attempt) + " at " + ms(*ended_at);
  return "failed " + std::string(to_string(error->kind())) + " at " + ms(*ended_at);
}

inline std::string RaceScript::asked() const {
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

}  // namespace bowline::core
