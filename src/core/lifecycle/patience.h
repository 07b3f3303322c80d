#pragma once

#include <optional>
#include <variant>

#include <bowline/error.h>
#include <bowline/parameters.h>
#include <bowline/time.h>

#include "base/random.h"
#include "core/driver_contract.h"

namespace bowline::core {

/// How long a connection keeps trying: rounds, the pauses between them, and the deadline over all.
///
/// Who waits for the network pauses only while this host has no usable path, and until the network
/// changes; a change during the round counts as one behind it, so that the next round begins at once.
/// Who waits for the peer pauses after every failure that trying again may mend; as a peer may come
/// back without any sign on this host, such a pause ends by itself: it doubles from `delay_min` to
/// `delay_max`, each drawn evenly from its second half; for want of the system's own resources it stays
/// at `delay_min`. The local network's changes and the owner's restart end both kinds of pauses.
class Patience {
 public:
  struct Options {
    Waiting waiting = Waiting::for_network;
    std::optional<Duration> within;
    Duration delay_min = std::chrono::seconds(1);
    Duration delay_max = std::chrono::seconds(60);
  };
  Patience(Options options, Random& random) : options_(options), random_(random) {}

  void start(Instant now);
  /// A round ended with nothing to show. Answered with Wait or GiveUp. `has_path`: this host has a
  /// usable path.
  void handle_round_failed(const Error& error, bool has_path, Instant now);
  /// The owner says so: a pause ends. Does nothing during a round.
  void hurry(Instant now);
  /// The network changed: a pause ends, but not more often than once a second, so that a network that flaps
  /// does not turn into a flood of tries.
  void handle_network_change(Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  struct Wait {
    std::optional<Duration> delay;  ///< empty = until the network changes
  };
  struct Retry {};
  /// The error is why a round failed; or, if time ran out during a round, timed_out with the kind of the last
  /// round's error as its reason.
  struct GiveUp {
    Error error;
  };
  using Output = std::variant<Wait, Retry, GiveUp>;
  [[nodiscard]] std::optional<Output> poll();

  /// Rounds that failed so far.
  [[nodiscard]] std::size_t rounds_failed() const { return rounds_failed_; }

 private:
  static constexpr Duration network_changes_apart_min = std::chrono::seconds(1);
  [[nodiscard]] bool is_worth_waiting(const Error& error, bool has_path) const;
  void begin_pause(const Error& error, Instant now);
  [[nodiscard]] Duration next_delay(std::size_t rounds);

  Options options_;
  Random& random_;
  std::size_t rounds_failed_ = 0;
  bool is_pausing_ = false;
  bool changed_in_round_ = false;  // the network did
  std::optional<Instant> give_up_at_;
  std::optional<Instant> retry_at_;    // empty in a pause = when the network changes
  std::optional<Instant> hurried_at_;  // by the network; may be still to come
  std::optional<Error> last_error_;
  std::optional<Output> output_;
  DriverContract contract_;
};

/// True if trying again later cannot help: the call itself is wrong, or a proof of identity failed.
[[nodiscard]] bool is_permanent(const Error& error);

/// True if the failure may be for want of a path: nobody answered. A peer that answered was reached.
[[nodiscard]] bool may_lack_path(const Error& error);

}  // namespace bowline::core
