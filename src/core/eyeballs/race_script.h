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

/// A race against a scripted world in virtual time, for tests; its body is in race_script_test.cpp.
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

}  // namespace bowline::core
