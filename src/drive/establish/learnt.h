#pragma once

#include "core/eyeballs/attempts/history.h"
#include "drive/loop/service.h"

namespace bowline::drive {

class Loop;

/// What the connections of a loop have learnt about addresses, for the next race.
class Learnt final : public Service {
 public:
  explicit Learnt(Loop& /*loop*/) {}

  [[nodiscard]] core::History& history() { return history_; }
  void handle_network_change(const NetworkChange& change) override {
    history_.forget_if([&](const IpAddress& address) { return change.affects(address); });
  }

 private:
  core::History history_;
};

}  // namespace bowline::drive
