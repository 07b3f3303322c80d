#include "drive/establish/log_book.h"

#include <utility>

namespace bowline::drive {

void LogBook::attempt_started(const core::Race::StartAttempt& attempt) {
  record_.add_attempt(round_, attempt, loop_.now());
  if (!loop_.tracer().is_on()) return;
  trace(core::TraceKind::attempt_started, attempt.attempt,
        std::string(core::to_string(attempt.protocol)) + " " + to_string(attempt.remote), {});
}

void LogBook::won_uncontested(const core::Race::StartAttempt& attempt) {
  if (loop_.tracer().is_on())
    trace(core::TraceKind::candidates_ordered, 0,
          "1, " + to_string(attempt.remote) + " " + std::string(core::to_string(attempt.protocol)),
          {});
  attempt_started(attempt);
  trace(core::TraceKind::race_ended, 0, "won", {});
  attempt_ended(attempt.attempt, AttemptOutcome::won, {});
}

void LogBook::attempt_progressed(core::Race::AttemptId attempt) {
  if (auto* const made = record_.find(attempt)) made->connected = loop_.now();
  trace(core::TraceKind::attempt_progressed, attempt, "", {});
}

void LogBook::attempt_ended(core::Race::AttemptId attempt, AttemptOutcome outcome,
                            const std::optional<Error>& error) {
  if (auto* const made = record_.find(attempt)) end(*made, outcome, error);
  trace(core::TraceKind::attempt_ended, attempt, to_string(outcome), error);
}

void LogBook::end(EstablishmentRecord::Attempt& made, AttemptOutcome outcome,
                  const std::optional<Error>& error) {
  const bool at_once = made.started == loop_.now();
  // The loop's time stands still during a turn, in which all of it may have happened.
  made.ended = at_once ? loop_.host().clock().now() : loop_.now();
  if (outcome == AttemptOutcome::won) record_.ended = made.ended;
  made.outcome = outcome;
  made.error = error;
  // What is learnt is of the ways that the system chooses; a binding leads over others.
  if (!local_.is_chosen()) teach(loop_.history(), made, at_once);
}

void LogBook::trace(core::TraceKind kind, core::Race::AttemptId attempt, std::string detail,
                    std::optional<Error> error) {
  if (!loop_.tracer().is_on()) return;
  std::string id = "C" + std::to_string(record_.connection_number) + "." + std::to_string(round_);
  if (attempt != 0) id += "." + std::to_string(attempt);
  loop_.tracer().emit(loop_.now(), id, {kind, std::move(detail), std::move(error)});
}

}  // namespace bowline::drive
