#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/parameters.h>
#include <bowline/report.h>

#include "core/eyeballs/race.h"
#include "core/lifecycle/patience.h"
#include "drive/establish/candidate.h"
#include "drive/loop/loop.h"
#include "drive/naming/name_service.h"

namespace bowline::drive {

/// What is remembered of an establishment; the report is made of it when somebody asks.
struct EstablishmentRecord {
  struct Attempt {
    std::uint32_t round;
    std::uint32_t number;
    SocketAddress remote;
    core::CandidateProtocol protocol;
    Instant started;
    std::optional<Instant> ended;
    AttemptOutcome outcome = AttemptOutcome::running;
    std::optional<Error> error;
    std::optional<Instant> connected = {};  // its transport, if a handshake followed
  };
  // The oldest go.
  static constexpr std::size_t resolutions_max = 64;
  static constexpr std::size_t attempts_max = 256;

  EstablishmentRecord(std::uint64_t number, Endpoint&& to)
      : connection_number(number), endpoint(std::move(to)) {}

  const std::uint64_t connection_number;
  const Endpoint endpoint;
  Instant started;
  std::optional<Instant> ended;
  std::size_t rounds_failed = 0;
  std::vector<Resolution> resolutions;
  std::vector<Attempt> attempts;
  std::optional<Error> error;
};

/// Gets one connection established: round after round, each a race over the addresses of the peer.
///
/// Branches protocol, then address: attempt `C8.2.3` is connection 8's second round, third start.
class Establishment final : private Deferred,
                            private NetworkWatcher,
                            private NameService::Client,
                            private CandidateObserver {
 public:
  /// The connection. Each call may destroy the establishment.
  class Owner {
   public:
    [[nodiscard]] virtual std::unique_ptr<Candidate> make_candidate(
        const core::Race::StartAttempt& attempt, const ports::Binding& binding,
        CandidateObserver& observer) = 0;
    /// The time to start has come.
    virtual void handle_due() = 0;
    virtual void handle_established(Candidate& winner) = 0;
    /// Every candidate failed, for the reason on record; it will be tried again.
    virtual void handle_waiting() = 0;
    virtual void handle_retrying() = 0;
    virtual void handle_gave_up(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  Establishment(Loop& loop, EstablishmentRecord& record, Parameters&& parameters,
                core::CandidateProtocol protocol, Owner& owner);
  ~Establishment();
  Establishment(const Establishment&) = delete;
  Establishment& operator=(const Establishment&) = delete;

  /// Asks to be started at the end of the loop's turn.
  void start_soon() { loop_.defer(*this); }
  void start();
  /// A pause between rounds ends now; nothing happens during a round.
  void hurry();
  /// Drops every attempt and query.
  void cancel() noexcept;

 private:
  struct Running {
    core::Race::AttemptId attempt;
    SocketAddress remote;
    std::unique_ptr<Candidate> candidate;
  };
  struct Asked {
    core::Resolver::LookupId lookup;
    std::string name;
  };
  /// A candidate and what its start said.
  struct Started {
    std::unique_ptr<Candidate> candidate;
    Result<Candidate::Progress> progress;
  };
  void begin_round();
  void begin_with_address();
  void begin_with_name();
  void begin_race(core::Race::Target target);
  void start_ahead(const core::Race::StartAttempt& attempt);
  [[nodiscard]] Started start_candidate(const core::Race::StartAttempt& attempt);
  EstablishmentRecord::Attempt& record_start(const core::Race::StartAttempt& attempt);
  [[nodiscard]] EstablishmentRecord::Attempt& record_of(core::Race::AttemptId attempt);
  void end_record(EstablishmentRecord::Attempt& record, AttemptOutcome outcome,
                  const std::optional<Error>& error);
  [[nodiscard]] bool learns() const;
  [[nodiscard]] Result<IpAddress> literal_address();
  [[nodiscard]] Result<core::Race::Target> named_target();
  [[nodiscard]] std::optional<Family> only() const;
  [[nodiscard]] Result<ports::Binding> make_binding();
  [[nodiscard]] core::RaceAddress to_race_address(const IpAddress& address);
  [[nodiscard]] core::RaceAnswer to_race_answer(const core::Answer& answer);

  /// It is time to start, or to hand over the winner.
  void handle_turn_end() override;
  void handle_network_change() override;
  void lose_sources();
  void pump();
  void run_race();
  void end_race();
  void fail_round(const Error& error);
  void settle();
  void give_up(Error error);
  [[nodiscard]] Error dns_silence() const;
  void act(core::Race::Ask& output);
  void act(core::Race::StartAttempt& output);
  void act(core::Race::CancelAttempt& output);
  void act(core::Race::StopAsking& output);
  void act(core::Race::Won& output);
  void act(core::Race::Failed& output);
  void act(core::TraceNote& output);
  void end_attempt(core::Race::AttemptId attempt, AttemptOutcome outcome,
                   std::optional<Error> error);
  void trace_no_contest(const core::Race::StartAttempt& attempt);
  void trace(core::TraceKind kind, core::Race::AttemptId attempt, std::string detail,
             std::optional<Error> error);
  void stop_asking();

  void handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) override;
  void handle_progress(core::Race::AttemptId attempt) override;
  void handle_ready(core::Race::AttemptId attempt) override;
  void handle_failure(core::Race::AttemptId attempt, Error error) override;
  void handle_timer();
  void bury();

  Loop& loop_;
  EstablishmentRecord& record_;
  const Parameters parameters_;
  core::CandidateProtocol protocol_;
  Owner& owner_;
  core::Patience patience_;
  std::uint32_t round_number_ = 0;
  ports::Binding binding_;
  std::shared_ptr<const ports::NetworkSnapshot> network_;  // that the race is on
  std::optional<Started> ahead_;                           // for the race that is about to begin
  std::optional<core::Race> race_;
  std::vector<Running> running_;
  std::vector<std::unique_ptr<Candidate>> ended_;  // may be on the stack: die by a timer
  std::vector<Asked> asked_;
  std::list<std::move_only_function<void()>> inputs_;   // for the race, once it is drained
  std::optional<core::Race::AttemptId> ready_at_once_;  // likewise, and nearly always the only one
  std::unique_ptr<Candidate> winner_;
  std::optional<Error> round_error_;
  bool pumping_ = false;
  MemberTimer<Establishment, &Establishment::handle_timer> timer_{*this};
  MemberTimer<Establishment, &Establishment::bury> burial_timer_{*this};
};

}  // namespace bowline::drive
