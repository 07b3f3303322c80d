#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

#include "core/dns/cache.h"
#include "core/dns/query/fetch.h"
#include "core/dns/query/timer_set.h"

namespace bowline::core {

/// The fetches that run: one per question, however many wait for it. Brings inputs to whom they
/// concern, and keeps answers in the cache.
class FetchTable {
 public:
  using FetchId = Outbox::OwnerId;
  using SocketId = Resolver::SocketId;

  /// What is asked; questions with equal `key` share a fetch.
  struct Question {
    std::string key;
    ResolverScope scope = 0;
    bool cached = true;  ///< the answer goes into the cache, by `key`
    bool whole_reply = false;
    Transaction::Request request;
  };
  /// Who waits: a lookup, for one of its types, under one of its candidate names.
  struct Waiter {
    Resolver::LookupId lookup = 0;
    std::size_t type = 0;
    std::size_t candidate = 0;
    friend auto operator<=>(const Waiter&, const Waiter&) = default;
  };
  struct Finished {
    Waiter waiter;
    Answer answer;
  };

  FetchTable(Transaction::Shared shared, Cache& cache) : shared_(shared), cache_(cache) {}

  FetchId join(Question question, const Waiter& waiter, Instant now);
  /// Nobody waiting any more, a fetch goes on for a second, so that its answer fills the cache (RFC 8305
  /// section 4), and until its server has had its time: those with little patience, too, learn who is silent.
  void leave(FetchId fetch, const Waiter& waiter, Instant now);
  /// The scope's configuration has changed: fetches that run end as they began, for nobody new.
  void retire(ResolverScope scope);

  void handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now);
  void handle_datagram_failure(SocketId socket, const Error& error, Instant now);
  void handle_stream_data(SocketId socket, std::span<const std::byte> bytes, Instant now);
  void handle_stream_failure(SocketId socket, const Error& error, Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const { return timers_.next(); }
  [[nodiscard]] std::optional<Finished> take_finished();

 private:
  struct Running {
    Question question;
    Fetch fetch;
    bool retired = false;
    std::set<Waiter> waiters;
    std::optional<Instant> lingers_until;
  };
  using Table = std::unordered_map<FetchId, Running>;

  void handle_stream_events(const StreamPool::Events& events, const Error& error, Instant now);
  void settle(Table::iterator running, Instant now);
  void complete(Table::iterator running, Instant now);
  void drop(Table::iterator running, Instant now);
  void forget_key(const Running& running, FetchId id);

  Transaction::Shared shared_;
  Cache& cache_;
  FetchId last_id_ = 0;
  std::size_t lingering_ = 0;
  Table fetches_;
  std::unordered_map<std::string, FetchId> by_key_;
  TimerSet<FetchId> timers_;
  std::deque<Finished> finished_;
};

}  // namespace bowline::core
