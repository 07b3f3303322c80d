#pragma once

#include <optional>
#include <variant>

#include <bowline/error.h>
#include <bowline/time.h>

#include "base/random.h"
#include "core/driver_contract.h"

namespace bowline::core {

/// How long a connection keeps trying: rounds, the pauses between them, and the deadline over all.
///
/// A server that refuses or is silent may come back without any sign on this host, so a pause ends by itself:
/// it doubles from `delay_min` to `delay_max`, each drawn evenly from its second half; for want of the
/// system's own resources it stays at `delay_min`. The local network's changes and the owner's restart end it
/// earlier.
class Patience {
 public:
  struct Options {
    bool wait = true;
    std::optional<Duration> within;
    Duration delay_min = std::chrono::seconds(1);
    Duration delay_max = std::chrono::seconds(60);
  };
  Patience(Options options, Random& random) : options_(options), random_(random) {}

  void start(Instant now);
  /// A round ended with nothing to show. Answered with Wait or GiveUp.
  void handle_round_failed(const Error& error, Instant now);
  /// The owner says so: a pause ends. Does nothing during a round.
  void hurry(Instant now);
  /// The network changed: a pause ends, but not more often than once a second, so that a network that flaps
  /// does not turn into a flood of tries.
  void handle_network_change(Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  struct Wait {
    Duration delay;
  };
  struct Retry {};
  struct GiveUp {
    Error error;
  };
  using Output = std::variant<Wait, Retry, GiveUp>;
  [[nodiscard]] std::optional<Output> poll();

  /// Rounds that failed so far.
  [[nodiscard]] std::size_t rounds_failed() const { return rounds_failed_; }

 private:
  static constexpr Duration network_changes_apart_min = std::chrono::seconds(1);
  [[nodiscard]] Duration next_delay(std::size_t rounds);

  Options options_;
  Random& random_;
  std::size_t rounds_failed_ = 0;
  bool gave_up_ = false;
  bool changed_in_round_ = false;  // the network did
  std::optional<Instant> give_up_at_;
  std::optional<Instant> retry_at_;
  std::optional<Instant> hurried_at_;  // by the network; may be still to come
  std::optional<Error> last_error_;
  std::optional<Output> output_;
  DriverContract contract_;
};

/// True if trying again later cannot help: the call itself is wrong, or a proof of identity failed.
[[nodiscard]] bool is_permanent(const Error& error);

}  // namespace bowline::core
