#pragma once

#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/parameters.h>

#include "core/eyeballs/race.h"
#include "core/lifecycle/patience.h"
#include "drive/establish/candidates/approach.h"
#include "drive/establish/candidates/running_attempts.h"
#include "drive/establish/establishment_record.h"
#include "drive/establish/host/local_side.h"
#include "drive/establish/log_book.h"
#include "drive/establish/name_questions.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// Gets one connection established: round after round, each a race over the peer's addresses and the
/// alternatives of the stack, until a candidate wins or patience ends.
///
/// Attempt `C8.2.3` is connection 8's second round, third start.
class Establishment final : private Deferred,
                            private NetworkWatcher,
                            private NameQuestions::Owner,
                            private RunningAttempts::Owner {
 public:
  /// The connection. Each call may destroy the establishment.
  class Owner {
   public:
    [[nodiscard]] virtual std::unique_ptr<Candidate> make_candidate(const Approach& approach) = 0;
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

  /// What is given by reference outlives the establishment.
  Establishment(Loop& loop, EstablishmentRecord& record, Parameters&& parameters,
                const std::vector<StackAlternative>& alternatives, Owner& owner);
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
  void begin_round();
  void begin_over_path();
  void leave_path();
  void begin_with_address();
  void begin_with_name();
  void begin_race(core::Race::Target target);
  void start_ahead(const core::Race::StartAttempt& attempt);
  [[nodiscard]] Result<Candidate::Progress> start_attempt(const core::Race::StartAttempt& attempt);

  /// It is time to start, or to hand over the winner.
  void handle_turn_end() override;
  void handle_network_change() override;
  void pump();
  void run_race();
  void end_race();
  void fail_round(const Error& error);
  void settle();
  void carry_out(core::Patience::Output&& output);
  void give_up(Error error);
  [[nodiscard]] Error with_what_goes_on(Error error) const;
  void act(core::Race::Ask& output);
  void act(core::Race::StartAttempt& output);
  void act(core::Race::CancelAttempt& output);
  void act(core::Race::StopAsking& /*output*/) { questions_.stop(); }
  void act(core::Race::Won& output);
  void act(core::Race::Failed& output);
  void act(core::TraceNote& output) { log_.trace(output.kind, 0, output.detail, output.error); }
  void end_attempt(core::Race::AttemptId attempt, AttemptOutcome outcome,
                   const std::optional<Error>& error);

  void handle_race_answer(core::RaceAnswer answer) override;
  void handle_progress(core::Race::AttemptId attempt) override;
  void handle_ready(core::Race::AttemptId attempt) override;
  void handle_failure(core::Race::AttemptId attempt, Error error) override;
  void handle_timer();

  Loop& loop_;
  EstablishmentRecord& record_;
  const Parameters parameters_;
  const std::vector<StackAlternative>& alternatives_;
  const Endpoint& towards_;  // the peer, or the proxy on the way to it
  Owner& owner_;
  LocalSide local_;
  LogBook log_;
  NameQuestions questions_;
  RunningAttempts attempts_;
  /// Until then somebody has to be heard over the interface in use.
  std::optional<Instant> path_until_;
  static constexpr Duration path_patience = std::chrono::seconds(3);
  core::Patience patience_;
  std::optional<Result<Candidate::Progress>>
      ahead_;  // of the first attempt, started before its race
  std::optional<core::Race> race_;
  std::list<std::move_only_function<void()>> inputs_;   // for the race, once it is drained
  std::optional<core::Race::AttemptId> ready_at_once_;  // likewise, and nearly always the only one
  std::optional<Error> round_error_;
  bool pumping_ = false;
  MemberTimer<Establishment, &Establishment::handle_timer> timer_{*this};
};

}  // namespace bowline::drive
