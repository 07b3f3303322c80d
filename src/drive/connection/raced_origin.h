#pragma once

#include <memory>

#include "drive/connection/origin.h"
#include "drive/establish/establishment.h"

namespace bowline::drive {

class Connection;

/// The origin of a connection that we open: how it came to be and, as long as that goes on, its
/// establishment.
class RacedOrigin final : public Origin, private Establishment::Owner {
 public:
  struct Target {
    std::shared_ptr<const StackPlan>&& plan;
    Endpoint&& endpoint;
    Parameters&& parameters;
  };
  /// `connection` owns it.
  RacedOrigin(Connection& connection, Target&& target);

  void start_soon() override { establishment_->start_soon(); }
  void hurry() override;
  void abandon() noexcept override;
  [[nodiscard]] const Error* why_waiting() const override;
  [[nodiscard]] const Endpoint* endpoint() const override { return &record_.endpoint; }
  [[nodiscard]] const Parameters* parameters() const override;
  [[nodiscard]] bool describe(Report::Facts& report,
                              std::vector<ports::LayerFacts> layers) const override;

 private:
  std::unique_ptr<Candidate> make_candidate(const Approach& approach) override;
  void handle_due() override;
  void handle_established(Candidate& winner) override;
  void handle_waiting() override;
  void handle_retrying() override;
  void handle_gave_up(Error error) override;

  Connection& connection_;
  EstablishmentRecord record_;
  std::unique_ptr<const Parameters> parameters_;  // null if they are those that nobody has set
  std::unique_ptr<Establishment> establishment_;
  bool started_ = false;
};

}  // namespace bowline::drive
