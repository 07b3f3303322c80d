#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <bowline/address.h>
#include <bowline/error.h>
#include <bowline/time.h>

#include "core/eyeballs/race.h"

namespace bowline::core {

/// What happened to an attempt.
enum class AttemptState : std::uint8_t { running, won, lost, failed };

struct Attempt {
  SocketAddress remote;
  CandidateProtocol protocol{};
  std::optional<IpAddress> source;
  Instant started;
  AttemptState state = AttemptState::running;
  bool has_progressed = false;
  std::optional<Error> error;  ///< set if failed
};

/// Every attempt of a race, by its number: what was tried, what runs, what came of it.
class Attempts {
 public:
  Race::AttemptId start(Attempt attempt);
  /// The running attempt of that number; null if there is none.
  [[nodiscard]] Attempt* find_running(Race::AttemptId id);
  void end(Attempt& attempt, AttemptState state);
  void fail(Attempt& attempt, Error error);

  [[nodiscard]] std::size_t running_count() const { return running_count_; }
  [[nodiscard]] bool was_tried(const SocketAddress& remote, CandidateProtocol protocol) const;
  /// When the running attempt that started first did so.
  [[nodiscard]] std::optional<Instant> oldest_running_start() const;
  /// In the order of starting; the number is the place plus one.
  [[nodiscard]] std::span<Attempt> all() { return attempts_; }
  [[nodiscard]] std::span<const Attempt> all() const { return attempts_; }

 private:
  std::vector<Attempt> attempts_;
  std::size_t running_count_ = 0;
};

/// One error for a race in which nothing is left: that of the attempt that got furthest, with all
/// others listed.
[[nodiscard]] Error race_error(const Attempts& attempts, const Race::Target& target);

}  // namespace bowline::core
