#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "core/eyeballs/race.h"
#include "drive/establish/candidates/candidate.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// The candidates that are on their way, by their attempts' numbers; those that have ended live on
/// until nothing of them can be on the stack any more.
class RunningAttempts {
 public:
  /// Told how attempts fare; never from inside start(), and not of those that have ended.
  class Owner {
   public:
    virtual void handle_progress(core::Race::AttemptId attempt) = 0;
    virtual void handle_ready(core::Race::AttemptId attempt) = 0;
    virtual void handle_failure(core::Race::AttemptId attempt, Error error) = 0;

   protected:
    ~Owner() = default;
  };
  RunningAttempts(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {}

  /// One that fails at once still counts as running, until it is ended.
  [[nodiscard]] Result<Candidate::Progress> start(core::Race::AttemptId attempt,
                                                  const SocketAddress& remote,
                                                  std::unique_ptr<Candidate> candidate);
  [[nodiscard]] bool has(core::Race::AttemptId attempt) const;
  [[nodiscard]] bool is_empty() const { return running_.empty(); }
  /// An error for each that runs: it was still trying.
  [[nodiscard]] std::vector<Error> unfinished() const;
  /// See Candidate::security(); of one that runs.
  [[nodiscard]] std::optional<SecurityReport> security(core::Race::AttemptId attempt);
  void end(core::Race::AttemptId attempt);
  /// Makes a running attempt the winner: nothing is told of it any more.
  void win(core::Race::AttemptId attempt);
  /// Null before there is one.
  [[nodiscard]] Candidate* winner() const;

 private:
  struct Running final : CandidateObserver {
    Running(RunningAttempts& set, core::Race::AttemptId number, const SocketAddress& to,
            std::unique_ptr<Candidate> on_its_way)
        : owner(set), attempt(number), remote(to), candidate(std::move(on_its_way)) {}
    void handle_progress() override;
    void handle_ready() override;
    void handle_failure(Error error) override;

    RunningAttempts& owner;
    const core::Race::AttemptId attempt;
    const SocketAddress remote;
    const std::unique_ptr<Candidate> candidate;
    bool has_ended = false;
  };
  using List = std::list<Running>;
  [[nodiscard]] List::iterator find(core::Race::AttemptId attempt);
  void bury() { ended_.clear(); }

  Loop& loop_;
  Owner& owner_;
  List running_;
  List ended_;
  List winner_;  // at most one
  MemberTimer<RunningAttempts, &RunningAttempts::bury> burial_timer_{*this};
};

}  // namespace bowline::drive
