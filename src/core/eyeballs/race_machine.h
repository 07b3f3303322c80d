#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/edge_table.h"
#include "core/eyeballs/race.h"
#include "core/eyeballs/race_phase.h"

namespace bowline::core {

/// What stands behind a race, and what its two kinds share: the states, and the outputs in their order.
class Race::Machine {
 public:
  Machine(Options options, Target target)
      : options_(std::move(options)), target_(std::move(target)) {
    outputs_.reserve(4);  // as many as there nearly always are
  }
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  virtual void start(Instant now) = 0;
  virtual void cancel() = 0;
  virtual void handle_answer(RaceAnswer answer, Instant now) = 0;
  virtual void handle_progress(AttemptId id, Instant now) = 0;
  virtual void handle_ready(AttemptId id) = 0;
  virtual void handle_attempt_failure(AttemptId id, Error error, Instant now) = 0;
  virtual void handle_source_lost(const IpAddress& source, Instant now) = 0;
  virtual void handle_timeout(Instant now) = 0;
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;

  [[nodiscard]] std::optional<Output> poll() {
    if (next_output_ < outputs_.size()) return std::move(outputs_[next_output_++]);
    outputs_.clear();
    next_output_ = 0;
    return std::nullopt;
  }

 protected:
  template <class T>
  void put(T output) {
    outputs_.emplace_back(std::in_place_type<T>, std::move(output));
  }
  [[nodiscard]] bool traces() const { return options_.trace != nullptr && *options_.trace; }
  void note(TraceKind kind, std::string detail) {
    put(TraceNote{kind, std::move(detail), std::nullopt});
  }
  [[nodiscard]] RacePhase phase() const { return phase_; }
  void move_to(RaceTrigger trigger) { phase_ = next_state(race_edges, phase_, trigger).value(); }
  /// Into a phase that is the last.
  void end_by(RaceTrigger trigger) {
    move_to(trigger);
    if (traces()) note(TraceKind::race_ended, std::string(to_string(phase_)));
  }

  const Options options_;
  const Target target_;

 private:
  std::vector<Output> outputs_;
  std::size_t next_output_ = 0;
  RacePhase phase_ = RacePhase::idle;
};

/// The error of an attempt that got no answer within its limit.
[[nodiscard]] Error timed_out(Duration limit);
/// The error of an attempt from an address that this host no longer has.
[[nodiscard]] Error source_lost();
/// For the trace.
[[nodiscard]] std::string describe(const SocketAddress& remote, CandidateProtocol protocol);

}  // namespace bowline::core
