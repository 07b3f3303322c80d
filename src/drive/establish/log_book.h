#pragma once

#include <optional>
#include <string>

#include "core/eyeballs/race.h"
#include "drive/establish/establishment_record.h"
#include "drive/establish/host/local_side.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// Writes down what happens to the attempts of an establishment: on record, as trace events, and in the
/// loop's history of addresses.
class LogBook {
 public:
  /// All of it outlives the log book.
  LogBook(Loop& loop, EstablishmentRecord& record, const LocalSide& local)
      : loop_(loop), record_(record), local_(local) {}

  void begin_round() { ++round_; }
  void attempt_started(const core::Race::StartAttempt& attempt);
  /// An attempt that was ready within its start, before there was a race: what a race over this one address
  /// would have told.
  void won_uncontested(const core::Race::StartAttempt& attempt);
  void attempt_progressed(core::Race::AttemptId attempt);
  void attempt_ended(core::Race::AttemptId attempt, AttemptOutcome outcome,
                     const std::optional<Error>& error);
  /// Attempt 0: about the round as a whole.
  void trace(core::TraceKind kind, core::Race::AttemptId attempt, std::string detail,
             std::optional<Error> error);
  /// The errors of this round's attempts, in the order they started.
  [[nodiscard]] std::vector<Error> errors() const { return record_.errors_of(round_); }

 private:
  void end(EstablishmentRecord::Attempt& made, AttemptOutcome outcome,
           const std::optional<Error>& error);

  Loop& loop_;
  EstablishmentRecord& record_;
  const LocalSide& local_;
  std::uint32_t round_ = 0;
};

}  // namespace bowline::drive
