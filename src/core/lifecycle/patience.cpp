#include "core/lifecycle/patience.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

Error deadline_error(const std::optional<Error>& last) {
  Error error(ErrorKind::timed_out, "connect", "not connected within the time allowed");
  if (!last) return error;
  std::vector<Error> attempts = last->attempts();
  if (attempts.empty()) attempts.push_back(*last);
  return std::move(error).with_attempts(std::move(attempts)).with_reason(last->kind());
}

}  // namespace

void Patience::start(Instant now) {
  contract_.check(!output_, now);
  if (options_.within) give_up_at_ = now + *options_.within;
}

void Patience::handle_round_failed(const Error& error, bool has_path, Instant now) {
  contract_.check(!output_, now);
  ++rounds_failed_;
  last_error_ = error;
  if (!is_worth_waiting(error, has_path)) {
    output_ = GiveUp{error};
  } else {
    begin_pause(error, now);
  }
}

bool Patience::is_worth_waiting(const Error& error, bool has_path) const {
  if (is_permanent(error)) return false;
  switch (options_.waiting) {
    case Waiting::never: return false;
    case Waiting::for_network: return (!has_path || changed_in_round_) && may_lack_path(error);
    case Waiting::for_peer: return true;
  }
  return false;
}

void Patience::begin_pause(const Error& error, Instant now) {
  is_pausing_ = true;
  if (options_.waiting == Waiting::for_peer) {
    // What this host ran out of comes back without a sign, and asking again is no burden on anybody else.
    const bool is_shortage = error.kind() == ErrorKind::resources_exhausted;
    retry_at_ = now + next_delay(is_shortage ? 1 : rounds_failed_);
  }
  if (std::exchange(changed_in_round_, false)) {
    hurried_at_ = std::max(now, hurried_at_ ? *hurried_at_ + network_changes_apart_min : now);
    retry_at_ = std::min(retry_at_.value_or(*hurried_at_), *hurried_at_);
  }
  output_ = Wait{retry_at_ ? std::optional(*retry_at_ - now) : std::nullopt};
}

void Patience::hurry(Instant now) {
  contract_.check(!output_, now);
  if (is_pausing_) retry_at_ = now;
  handle_timeout(now);
}

void Patience::handle_network_change(Instant now) {
  contract_.check(!output_, now);
  if (!is_pausing_) {
    changed_in_round_ = true;
    return;
  }
  if (!hurried_at_) {
    hurried_at_ = now;
  } else if (*hurried_at_ <= now) {
    hurried_at_ = std::max(now, *hurried_at_ + network_changes_apart_min);
  }
  retry_at_ = std::min(retry_at_.value_or(*hurried_at_), *hurried_at_);
  handle_timeout(now);
}

void Patience::handle_timeout(Instant now) {
  contract_.check(!output_, now);
  if (give_up_at_ && now >= *give_up_at_) {
    give_up_at_.reset();
    retry_at_.reset();
    // In a pause nothing was still going on that could have ended well: what it waited for is the error.
    output_ =
        GiveUp{std::exchange(is_pausing_, false) ? *last_error_ : deadline_error(last_error_)};
  } else if (retry_at_ && now >= *retry_at_) {
    is_pausing_ = false;
    retry_at_.reset();
    output_ = Retry{};
  }
}

std::optional<Instant> Patience::deadline() const {
  if (give_up_at_ && retry_at_) return std::min(*give_up_at_, *retry_at_);
  return give_up_at_ ? give_up_at_ : retry_at_;
}

std::optional<Patience::Output> Patience::poll() { return std::exchange(output_, std::nullopt); }

Duration Patience::next_delay(std::size_t rounds) {
  Duration delay = options_.delay_min;
  for (std::size_t round = 1; round < rounds && delay < options_.delay_max; ++round) delay *= 2;
  delay = std::min(delay, options_.delay_max);
  const auto half = static_cast<std::uint64_t>(std::max<Duration::rep>(delay.count() / 2, 1));
  return delay - Duration(static_cast<Duration::rep>(random_.below(half)));
}

bool is_permanent(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::permission_denied:
    case ErrorKind::address_in_use:
    case ErrorKind::untrusted:
    case ErrorKind::cancelled:
    case ErrorKind::closed: return true;
    // A peer that does not want our handshake does not want the next one either.
    case ErrorKind::refused: return error.domain() == ErrorDomain::tls;
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::reset:
    case ErrorKind::address_unavailable:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::internal: return false;
  }
  return false;
}

bool may_lack_path(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::resolution_failed:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::address_unavailable: return true;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::refused:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::address_in_use:
    case ErrorKind::permission_denied:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::untrusted:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return false;
  }
  return false;
}

}  // namespace bowline::core
