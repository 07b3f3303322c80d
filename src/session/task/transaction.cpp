#include "session/task/transaction.h"

#include <algorithm>

namespace bowline::session {

UrlTransaction Transaction::snapshot(Instant task_began, Instant now) const {
  UrlTransaction::Facts made = facts;
  const Instant end = ended.value_or(now);
  made.started = started - task_began;
  made.duration = end - started;
  Instant at = started;
  const auto until = [&](UrlPhase phase, std::optional<Instant> when) {
    const Instant next = std::clamp(when.value_or(end), at, end);
    if (next > at) made.phases.emplace_back(phase, next - at);
    at = next;
  };
  if (link_began) {
    until(UrlPhase::waiting, std::max(started, *link_began));
    until(UrlPhase::naming, *link_began + naming);
    until(UrlPhase::connecting, *link_began + naming + connecting);
    until(UrlPhase::securing, given ? std::min(*given, *link_began + naming + connecting + securing)
                                    : *link_began + naming + connecting + securing);
  }
  until(UrlPhase::waiting, given);
  if (given) {
    // A response may come before the request is sent, which then was not all of it.
    std::optional<Instant> sending_ended = sent;
    if (response_began && (!sent || *sent > *response_began)) sending_ended = response_began;
    until(UrlPhase::sending, sending_ended);
    until(UrlPhase::thinking, response_began);
    until(UrlPhase::receiving, std::nullopt);
  }
  return UrlTransaction(std::move(made));
}

}  // namespace bowline::session
