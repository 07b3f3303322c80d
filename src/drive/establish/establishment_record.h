#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/detail/facts.h>
#include <bowline/endpoint.h>
#include <bowline/time.h>

#include "core/eyeballs/race.h"
#include "ports/byte_stream.h"

namespace bowline::core {
class History;
}

namespace bowline::drive {

/// What is remembered of an establishment; the report is made of it when somebody asks.
struct EstablishmentRecord {
  struct Attempt {
    std::uint32_t round;
    std::uint32_t number;
    SocketAddress remote;
    core::CandidateProtocol protocol;
    Instant started;
    std::optional<Instant> ended;
    AttemptOutcome outcome = AttemptOutcome::running;
    std::optional<Error> error = {};
    std::optional<Instant> connected = {};        ///< its transport, if a handshake followed
    std::optional<SecurityReport> security = {};  ///< of one that failed
  };
  // The oldest go.
  static constexpr std::size_t resolutions_max = 64;
  static constexpr std::size_t attempts_max = 256;
  static constexpr std::size_t securities_max = 16;  ///< they hold the peers' certificates

  EstablishmentRecord(std::uint64_t number, Endpoint&& to)
      : connection_number(number), endpoint(std::move(to)) {}

  Attempt& add_attempt(std::uint32_t round, const core::Race::StartAttempt& attempt, Instant now);
  void add_resolution(Resolution&& resolution);
  /// Of an attempt that is about to fail.
  void add_security(core::Race::AttemptId attempt, SecurityReport&& security);
  /// Of one that runs, in the current round; null if there was no memory to record its start.
  [[nodiscard]] Attempt* find(core::Race::AttemptId attempt);
  /// The errors of a round's failed attempts, in the order they started.
  [[nodiscard]] std::vector<Error> errors_of(std::uint32_t round) const;
  /// Fills in how the connection came to be. `live`: what its layers say now; empty if they are gone.
  void fill(Report::Facts& report, std::vector<ports::LayerFacts> live) const;

  const std::uint64_t connection_number;
  const Endpoint endpoint;
  Instant started;
  std::optional<Instant> ended;
  std::size_t rounds_failed = 0;
  std::vector<Resolution> resolutions;
  std::vector<Attempt> attempts;
  std::vector<Handshake::Facts> handshakes;  ///< the winner's, above its transport
  std::vector<ports::LayerFacts>
      layers;  ///< what the winner's say, if there are any above its transport
  std::optional<Error> error;
};

/// What an attempt that has ended says about its address. `at_once` if it ended in the turn in which it
/// began: then its success says nothing of a way.
void teach(core::History& history, const EstablishmentRecord::Attempt& ended, bool at_once);

}  // namespace bowline::drive
