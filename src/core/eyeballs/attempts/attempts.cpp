#include "core/eyeballs/attempts/attempts.h"

#include <algorithm>
#include <string>
#include <utility>

namespace bowline::core {

namespace {

/// How much an error tells its reader: the further the attempt got, the more. Only the order
/// matters.
int telling(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::untrusted: return 90;
    case ErrorKind::protocol_violation: return 80;
    case ErrorKind::malformed: return 79;
    case ErrorKind::reset: return 70;
    case ErrorKind::refused: return 60;
    case ErrorKind::permission_denied: return 50;
    case ErrorKind::resources_exhausted: return 49;
    case ErrorKind::timed_out: return 40;
    case ErrorKind::unreachable: return 30;
    case ErrorKind::address_unavailable: return 29;
    case ErrorKind::address_in_use: return 28;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::closed:
    case ErrorKind::message_too_large:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return 10;
  }
  return 0;
}

}  // namespace

Race::AttemptId Attempts::start(Attempt attempt) {
  attempts_.push_back(std::move(attempt));
  ++running_count_;
  return static_cast<Race::AttemptId>(attempts_.size());
}

Attempt* Attempts::find_running(Race::AttemptId id) {
  if (id == 0 || id > attempts_.size()) return nullptr;
  Attempt& attempt = attempts_[id - 1];
  return attempt.state == AttemptState::running ? &attempt : nullptr;
}

void Attempts::end(Attempt& attempt, AttemptState state) {
  attempt.state = state;
  --running_count_;
}

void Attempts::fail(Attempt& attempt, Error error) {
  end(attempt, AttemptState::failed);
  attempt.error = error.subject().empty() ? std::move(error).about(to_string(attempt.remote))
                                          : std::move(error);
}

bool Attempts::was_tried(const SocketAddress& remote, CandidateProtocol protocol) const {
  return std::ranges::any_of(attempts_, [&](const Attempt& attempt) {
    return attempt.protocol == protocol && attempt.remote == remote;
  });
}

std::optional<Instant> Attempts::oldest_running_start() const {
  const auto oldest = std::ranges::find(attempts_, AttemptState::running, &Attempt::state);
  if (oldest == attempts_.end()) return std::nullopt;
  return oldest->started;
}

Error race_error(const Attempts& attempts, const Race::Target& target) {
  std::vector<Error> errors;
  for (const Attempt& attempt : attempts.all())
    if (attempt.error) errors.push_back(*attempt.error);
  const Error& best = *std::ranges::max_element(
      errors, {}, [](const Error& error) { return telling(error.kind()); });
  Error error =
      target.name.empty() ? best : best.about(target.name + ":" + std::to_string(target.port));
  return std::move(error).with_attempts(std::move(errors));
}

}  // namespace bowline::core
