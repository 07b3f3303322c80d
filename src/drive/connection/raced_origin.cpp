#include "drive/connection/raced_origin.h"

#include <utility>

#include "drive/connection/connection.h"

namespace bowline::drive {

RacedOrigin::RacedOrigin(Connection& connection, Target&& target)
    : Origin(std::move(target.plan), target.parameters),
      connection_(connection),
      record_(connection.number(), std::move(target.endpoint)) {
  if (target.parameters != Parameters())
    parameters_ = std::make_unique<const Parameters>(target.parameters);
  Establishment::Owner& owner = *this;
  establishment_ = std::make_unique<Establishment>(
      connection.loop(), record_, std::move(target.parameters), plan->alternatives, owner);
}

void RacedOrigin::hurry() {
  if (establishment_) establishment_->hurry();
}

void RacedOrigin::abandon() noexcept {
  if (!establishment_) return;
  Loop& loop = connection_.loop();
  if (!std::exchange(started_, true)) record_.started = loop.now();
  establishment_->cancel();
  if (!record_.ended) record_.ended = loop.host().clock().now();
  establishment_.reset();
}

const Error* RacedOrigin::why_waiting() const { return record_.error ? &*record_.error : nullptr; }

const Parameters* RacedOrigin::parameters() const {
  static const Parameters unset;
  return parameters_ ? parameters_.get() : &unset;
}

bool RacedOrigin::describe(Report::Facts& report, std::vector<ports::LayerFacts> layers) const {
  record_.fill(report, std::move(layers));
  return true;
}

std::unique_ptr<Candidate> RacedOrigin::make_candidate(const Approach& approach) {
  return connection_.make_candidate(approach);
}

void RacedOrigin::handle_due() {
  const detail::Ref<Connection> keep(&connection_);
  record_.started = connection_.loop().now();
  started_ = true;
  if (const Result<void>& validity = record_.endpoint.validity(); !validity.has_value()) {
    record_.ended = record_.started;
    record_.error = validity.error();
    return connection_.fail(validity.error());
  }
  connection_.move_to(core::ConnectionTrigger::start);
  establishment_->start();
}

// Once the outcome is there the establishment goes, after the connection has taken what it needs of it.

void RacedOrigin::handle_established(Candidate& winner) {
  const detail::Ref<Connection> keep(&connection_);
  const std::unique_ptr<Establishment> done = std::move(establishment_);
  connection_.handle_established(winner);
  // The streams go with the connection's end, and what they agreed on belongs to its report for longer.
  if (!record_.handshakes.empty()) record_.layers = connection_.layers();
}

void RacedOrigin::handle_waiting() { connection_.move_to(core::ConnectionTrigger::round_failed); }

void RacedOrigin::handle_retrying() { connection_.move_to(core::ConnectionTrigger::retry); }

void RacedOrigin::handle_gave_up(Error error) {
  const detail::Ref<Connection> keep(&connection_);
  const std::unique_ptr<Establishment> done = std::move(establishment_);
  connection_.fail(std::move(error));
}

}  // namespace bowline::drive
