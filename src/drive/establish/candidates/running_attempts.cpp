#include "drive/establish/candidates/running_attempts.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bowline::drive {

Result<Candidate::Progress> RunningAttempts::start(core::Race::AttemptId attempt,
                                                   const SocketAddress& remote,
                                                   std::unique_ptr<Candidate> candidate) {
  Running& running = running_.emplace_back(*this, attempt, remote, std::move(candidate));
  return running.candidate->start(running);
}

bool RunningAttempts::has(core::Race::AttemptId attempt) const {
  return std::ranges::find(running_, attempt, &Running::attempt) != running_.end();
}

std::vector<Error> RunningAttempts::unfinished() const {
  std::vector<Error> result;
  for (const Running& running : running_)
    result.push_back(Error(ErrorKind::timed_out, "connect", "still trying at the deadline")
                         .about(to_string(running.remote)));
  return result;
}

std::optional<SecurityReport> RunningAttempts::security(core::Race::AttemptId attempt) {
  const auto found = find(attempt);
  return found == running_.end() ? std::nullopt : found->candidate->security();
}

void RunningAttempts::end(core::Race::AttemptId attempt) {
  const auto found = find(attempt);
  if (found == running_.end()) return;
  found->has_ended = true;
  ended_.splice(ended_.end(), running_, found);
  loop_.timers().set(burial_timer_, loop_.now());
}

void RunningAttempts::win(core::Race::AttemptId attempt) {
  const auto found = find(attempt);
  assert(found != running_.end());
  found->has_ended = true;
  winner_.splice(winner_.end(), running_, found);
}

Candidate* RunningAttempts::winner() const {
  return winner_.empty() ? nullptr : winner_.front().candidate.get();
}

RunningAttempts::List::iterator RunningAttempts::find(core::Race::AttemptId attempt) {
  return std::ranges::find(running_, attempt, &Running::attempt);
}

void RunningAttempts::Running::handle_progress() {
  if (!has_ended) owner.owner_.handle_progress(attempt);
}

void RunningAttempts::Running::handle_ready() {
  if (!has_ended) owner.owner_.handle_ready(attempt);
}

void RunningAttempts::Running::handle_failure(Error error) {
  if (!has_ended) owner.owner_.handle_failure(attempt, std::move(error));
}

}  // namespace bowline::drive
