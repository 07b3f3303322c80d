#include "core/dns/query/fetch_table.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {
constexpr Duration linger_min = std::chrono::seconds(1);
/// Without it, lookups started and cancelled in a loop would pile up sockets.
constexpr std::size_t lingering_max = 64;
}  // namespace

FetchTable::FetchId FetchTable::join(Question question, const Waiter& waiter, Instant now) {
  if (const auto known = by_key_.find(question.key); known != by_key_.end()) {
    const FetchId id = known->second;
    const auto running = fetches_.find(id);
    running->second.waiters.insert(waiter);
    if (running->second.lingers_until.has_value()) --lingering_;
    running->second.lingers_until.reset();
    settle(running, now);
    return id;
  }
  const FetchId id = ++last_id_;
  by_key_.emplace(question.key, id);
  Fetch fetch(id, question.request, question.whole_reply, shared_);
  const auto running =
      fetches_.emplace(id, Running{std::move(question), std::move(fetch), false, {waiter}, {}})
          .first;
  running->second.fetch.start(now);
  settle(running, now);
  return id;
}

void FetchTable::leave(FetchId fetch, const Waiter& waiter, Instant now) {
  const auto running = fetches_.find(fetch);
  if (running == fetches_.end() || running->second.waiters.erase(waiter) == 0) return;
  if (!running->second.waiters.empty()) return;
  if (!running->second.question.cached || running->second.retired || lingering_ >= lingering_max)
    return drop(running, now);
  const Instant verdict = running->second.fetch.verdict().value_or(now);
  running->second.lingers_until = std::max(now + linger_min, verdict);
  ++lingering_;
  settle(running, now);
}

void FetchTable::retire(ResolverScope scope) {
  for (auto& [id, running] : fetches_) {
    if (running.question.scope != scope || running.retired) continue;
    forget_key(running, id);
    running.retired = true;
  }
}

void FetchTable::handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now) {
  const auto owner = shared_.outbox.owner_of(socket);
  if (!owner.has_value()) return;
  const auto running = fetches_.find(*owner);
  running->second.fetch.transaction()->handle_datagram(socket, bytes, now);
  settle(running, now);
}

void FetchTable::handle_datagram_failure(SocketId socket, const Error& error, Instant now) {
  const auto owner = shared_.outbox.owner_of(socket);
  if (!owner.has_value()) return;
  const auto running = fetches_.find(*owner);
  running->second.fetch.transaction()->handle_datagram_failure(socket, error, now);
  settle(running, now);
}

void FetchTable::handle_stream_data(SocketId socket, std::span<const std::byte> bytes,
                                    Instant now) {
  handle_stream_events(
      shared_.streams.handle_data(socket, bytes, now),
      Error(ErrorKind::protocol_violation, "read dns stream", "a message shorter than its header"),
      now);
}

void FetchTable::handle_stream_failure(SocketId socket, const Error& error, Instant now) {
  handle_stream_events(shared_.streams.handle_failure(socket), error, now);
}

void FetchTable::handle_timeout(Instant now) {
  while (const auto due = timers_.take_due(now)) {
    const auto running = fetches_.find(*due);
    auto* const transaction = running->second.fetch.transaction();
    if (running->second.lingers_until.has_value() && *running->second.lingers_until <= now) {
      if (transaction != nullptr) static_cast<void>(transaction->note_silence(now));
      drop(running, now);
      continue;
    }
    if (transaction != nullptr) transaction->handle_timeout(now);
    settle(running, now);
  }
}

std::optional<FetchTable::Finished> FetchTable::take_finished() {
  if (finished_.empty()) return std::nullopt;
  Finished finished = std::move(finished_.front());
  finished_.pop_front();
  return finished;
}

void FetchTable::handle_stream_events(const StreamPool::Events& events, const Error& error,
                                      Instant now) {
  for (const auto& [owner, message] : events.replies) {
    const auto running = fetches_.find(owner);
    running->second.fetch.transaction()->handle_stream_reply(message, now);
    settle(running, now);
  }
  for (const auto& [owner, reused, was_open] : events.losses) {
    const auto running = fetches_.find(owner);
    running->second.fetch.transaction()->handle_stream_loss(reused, was_open, error, now);
    settle(running, now);
  }
}

/// After every input: acts on what came of it, and arms the timer for what is left.
void FetchTable::settle(Table::iterator at, Instant now) {
  Running& running = at->second;
  running.fetch.advance(now);
  if (running.fetch.answer().has_value()) return complete(at, now);
  std::optional<Instant> when = running.fetch.deadline();
  if (running.lingers_until.has_value() && (!when.has_value() || *running.lingers_until < *when))
    when = running.lingers_until;
  timers_.set(at->first, when);
}

void FetchTable::complete(Table::iterator at, Instant now) {
  Running& running = at->second;
  const Answer& answer = *running.fetch.answer();
  const bool lasting = answer.status == AnswerStatus::ok || answer.status == AnswerStatus::nodata ||
                       answer.status == AnswerStatus::nxdomain;
  // A failure does not replace what is there: it may be wanted, stale (RFC 8767 section 4).
  if (lasting && running.question.cached && !running.retired)
    cache_.put(running.question.key, answer, now);
  for (const Waiter& waiter : running.waiters) finished_.push_back({waiter, answer});
  drop(at, now);
}

void FetchTable::drop(Table::iterator at, Instant now) {
  at->second.fetch.stop(now);
  if (at->second.lingers_until.has_value()) --lingering_;
  timers_.set(at->first, std::nullopt);
  forget_key(at->second, at->first);
  fetches_.erase(at);
}

void FetchTable::forget_key(const Running& running, FetchId id) {
  const auto known = by_key_.find(running.question.key);
  if (known != by_key_.end() && known->second == id) by_key_.erase(known);
}

}  // namespace bowline::core
