#pragma once

#include <cstddef>
#include <cstdint>

#include "base/intrusive_list.h"
#include "drive/connection/origin.h"

namespace bowline::drive {

/// The origin of all connections that a listener accepts: its terms, and what it knows of them. It
/// lives as long as they do, which may be longer than the listener.
class AcceptTally final : public Origin {
 public:
  class Owner {
   public:
    /// A connection has ended: there is a place under the cap again.
    virtual void handle_connection_ended() = 0;

   protected:
    ~Owner() = default;
  };
  AcceptTally(std::shared_ptr<const StackPlan> stack, const Parameters& parameters, Owner& owner)
      : Origin(std::move(stack), parameters), owner_(&owner) {}

  void opened(AcceptedHook& connection) override {
    connections_.push_back(connection);
    ++open_;
  }
  void handed_out() { ++accepted_; }
  void also_ran() override { ++also_ran_; }
  void closed(AcceptedHook& connection) override {
    connection.unlink();
    --open_;
    if (owner_ != nullptr) owner_->handle_connection_ended();
  }
  /// Calls `visit` for each connection that is open now; it may end any of them.
  template <class Visit>
  void for_each_open(Visit visit) {
    IntrusiveList<AcceptedHook, AcceptedHook> unvisited;
    unvisited.splice_back(connections_);
    while (!unvisited.empty()) {
      AcceptedHook& connection = unvisited.pop_front();
      connections_.push_back(connection);
      visit(connection);
    }
  }
  void forget_owner() { owner_ = nullptr; }

  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t also_ran_count() const { return also_ran_; }

 private:
  Owner* owner_;
  IntrusiveList<AcceptedHook, AcceptedHook> connections_;  // those that are open
  std::size_t open_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t also_ran_ = 0;
};

}  // namespace bowline::drive
