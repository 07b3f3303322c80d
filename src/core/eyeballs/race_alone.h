#pragma once

#include "core/eyeballs/race_machine.h"

namespace bowline::core {

/// One address with one protocol, as where the user gave an address: nothing to ask for, to put in order or
/// to wait for. It does what the full race does, at a fraction of the price.
class Race::Alone final : public Race::Machine {
 public:
  [[nodiscard]] static bool suits(const Options& options, const Target& target);
  using Machine::Machine;

  void start(Instant now) override;
  void cancel() override;
  void handle_answer(RaceAnswer, Instant) override {}  // nobody asked
  void handle_progress(AttemptId, Instant now) override { handle_timeout(now); }
  void handle_ready(AttemptId id) override;
  void handle_attempt_failure(AttemptId id, Error error, Instant now) override;
  void handle_source_lost(const IpAddress& source, Instant now) override;
  void handle_timeout(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override;

 private:
  static constexpr AttemptId only = 1;

  [[nodiscard]] const RaceAddress& address() const { return target_.addresses.front(); }
  [[nodiscard]] SocketAddress remote() const { return {address().address, target_.port}; }
  [[nodiscard]] bool runs() const { return phase() == RacePhase::racing; }
  void drop(const Error& error);
  void fail(Error error);

  Instant started_;
};

}  // namespace bowline::core
