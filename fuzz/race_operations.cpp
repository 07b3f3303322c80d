// Sequences of operations on core/eyeballs: answers of any kind, attempts that come up or fail, sources that
// go, time that passes. Whatever comes, a race ends once, takes back what it started, and keeps its caps.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "core/eyeballs/race.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;
using namespace std::chrono_literals;
using fuzz::Input;

constexpr const char* names[] = {"a.example", "b.example", "c.example", "d.example", ".", ""};

class RaceOperations {
 public:
  explicit RaceOperations(Input input) : input_(input), options_(draw_options()) {}

  void run() {
    Race race(options_, draw_target(), &history_, random_);
    race_ = &race;
    race.start(now_);
    drain();
    while (!input_.empty() && !ended_) {
      step();
      drain();
    }
    end();
    require(ended_ && running_.empty() && !race.deadline() && !race.poll());
  }

 private:
  Race::Options draw_options() {
    Race::Options options;
    options.candidates_max = 1 + input_.below(8);
    options.concurrent_max = 1 + input_.below(3);
    options.services_max = 3;
    options.names_max = 4;
    options.alias_chain_max = 2;
    options.attempt_delay = std::chrono::milliseconds(input_.below(256));
    options.attempt_timeout = 3s;
    options.trace = &traced_;
    return options;
  }

  Race::Target draw_target() {
    const std::size_t form = input_.below(128);
    Race::Target target;
    target.name = names[0];
    target.port = 443;
    target.protocols = {CandidateProtocol::tls};
    if ((form & 1) != 0) target.protocols.insert(target.protocols.begin(), CandidateProtocol::quic);
    target.query_service = (form & 2) != 0;
    target.ask_ipv4 = (form & 4) == 0;
    if ((form & 8) != 0)
      target.nat64_prefix = IpPrefix(IpAddress::v6({0x20, 1, 0xd, 0xb8, 6, 4}), 96);
    target.require_ech = (form & 16) != 0;
    target.dns_protected = (form & 32) != 0;
    if ((form & 64) != 0)  // one alone, or several
      for (std::size_t left = 1 + input_.below(3); left > 0; --left)
        target.addresses.push_back(draw_address());
    protocols_ = target.protocols.size();
    return target;
  }

  void step() {
    switch (input_.below(8)) {
      case 0:
      case 1: return race_->handle_answer(draw_answer(), now_);
      case 2: return race_->handle_progress(some_attempt(), now_);
      case 3: return fail(some_attempt());
      case 4: return race_->handle_ready(some_attempt(), now_);
      case 5: return race_->handle_source_lost(draw_source(), now_);
      case 6: return pass(std::chrono::milliseconds(input_.below(256) * 4));
      default: return input_.below(16) == 0 ? cancel() : race_->handle_timeout(now_);
    }
  }

  RaceAnswer draw_answer() {
    const std::size_t form = input_.below(128);
    RaceAnswer answer;
    answer.name = names[input_.below(std::size(names))];
    answer.query = static_cast<RaceQuery>(input_.below(3));
    answer.positive = (form & 1) != 0;
    answer.stale = (form & 2) != 0;
    answer.secure_failure = (form & 4) != 0;
    if ((form & 8) != 0) answer.alias = names[input_.below(std::size(names))];
    if ((form & 16) != 0) answer.error = Error(ErrorKind::resolution_failed, "resolve", "drawn");
    if ((form & 32) != 0) answer.services = {draw_service(), draw_service()};
    for (std::size_t left = input_.below(4); left > 0; --left)
      answer.addresses.push_back(draw_address());
    return answer;
  }

  RaceService draw_service() {
    const std::size_t form = input_.below(64);
    RaceService service;
    service.priority = static_cast<std::uint16_t>(form & 3);
    service.target = names[input_.below(std::size(names))];
    if ((form & 4) != 0) service.port = 8443;
    if ((form & 8) != 0) service.alpn = {"h3", "h2"};
    service.no_default_alpn = (form & 16) != 0;
    if ((form & 32) != 0) service.ech = {std::byte{1}};
    service.usable = input_.below(8) != 0;
    if (input_.below(2) == 0) service.hints = {draw_address()};
    return service;
  }

  IpAddress draw_ip(std::uint8_t network) {
    const auto last = static_cast<std::uint8_t>(input_.below(8));
    return input_.below(2) == 0 ? IpAddress::v4({192, 0, network, last})
                                : IpAddress::v6({0x20, 1, 0xd, 0xb8, network, last});
  }
  IpAddress draw_source() {
    return input_.below(2) == 0 ? draw_ip(0) : IpAddress::v4({10, 0, 0, 1});
  }
  RaceAddress draw_address() {
    RaceAddress address{draw_ip(2), std::nullopt, false};
    if (input_.below(4) != 0) address.source = draw_source();
    return address;
  }

  /// Mostly one that runs.
  Race::AttemptId some_attempt() {
    if (running_.empty() || input_.below(8) == 0)
      return static_cast<Race::AttemptId>(input_.below(8));
    return *std::next(running_.begin(), static_cast<std::ptrdiff_t>(input_.below(running_.size())));
  }

  void fail(Race::AttemptId attempt) {
    running_.erase(attempt);
    race_->handle_attempt_failure(attempt, Error(ErrorKind::refused, "connect", "drawn"), now_);
  }

  void cancel() {
    race_->cancel(now_);
    ended_ = true;
  }

  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (int turns = 0; !ended_; ++turns) {
      const auto deadline = race_->deadline();
      if (!deadline || *deadline > end) break;
      require(turns < 10'000);  // or it stands still
      now_ = std::max(now_, *deadline);
      race_->handle_timeout(now_);
      drain();
    }
    now_ = end;
  }

  /// Every question gets its last answer, and every attempt fails: then nothing is left.
  void end() {
    while (!asked_.empty() && !ended_) {
      RaceAnswer none;
      std::tie(none.name, none.query) = asked_.back();
      asked_.pop_back();
      none.error = Error(ErrorKind::name_not_found, "resolve", "the end");
      race_->handle_answer(std::move(none), now_);
      drain();
    }
    for (int turns = 0; !ended_ && turns < 1'000; ++turns) {
      if (!running_.empty()) fail(*running_.begin());
      drain();
      pass(3s);
    }
  }

  void drain() {
    while (auto output = race_->poll()) std::visit([this](auto& item) { take(item); }, *output);
  }
  void take(Race::Ask& ask) {
    names_asked_.insert(ask.name);
    require(!ended_ && names_asked_.size() <= options_.names_max);
    for (const RaceQuery query : ask.queries) asked_.emplace_back(ask.name, query);
  }
  void take(Race::StartAttempt& start) {
    require(!ended_ && running_.insert(start.attempt).second);
    require(start.attempt == ++attempts_ && running_.size() <= options_.concurrent_max);
    require(attempts_ <= options_.candidates_max * protocols_);
  }
  void take(Race::CancelAttempt& cancelled) { require(running_.erase(cancelled.attempt) == 1); }
  void take(Race::StopAsking&) { asked_.clear(); }
  void take(Race::Won& won) {
    require(!ended_ && running_.erase(won.attempt) == 1 && running_.empty());
    ended_ = true;
  }
  void take(Race::Failed& failed) {
    require(!ended_ && running_.empty() && failed.error.attempts().size() <= attempts_);
    ended_ = true;
  }
  void take(TraceNote&) {}

  static constexpr bool traced_ = true;
  Input input_;
  Race::Options options_;
  History history_;
  SeededRandom random_{1};
  Race* race_ = nullptr;
  Instant now_{1s};
  std::size_t protocols_ = 0;
  std::vector<std::pair<std::string, RaceQuery>> asked_;
  std::set<std::string> names_asked_;
  std::set<Race::AttemptId> running_;
  std::size_t attempts_ = 0;
  bool ended_ = false;
};

}  // namespace

int fuzz_race_operations(std::span<const std::byte> input) {
  RaceOperations(Input(input)).run();
  return 0;
}
