#pragma once

#include <cstddef>
#include <cstdint>

#include "drive/connection/terms.h"

namespace bowline::drive {

/// A listener's terms, and what it knows of the connections it gave away; it may be gone before they are.
class AcceptTally final : public ConnectionTerms {
 public:
  /// Told when a place under the cap became free.
  class Owner {
   public:
    virtual void handle_place_free() = 0;

   protected:
    ~Owner() = default;
  };
  AcceptTally(std::shared_ptr<const StackPlan> stack, const Parameters& parameters, Owner& owner)
      : ConnectionTerms(std::move(stack), parameters), owner_(&owner) {}

  void opened() {
    ++open_;
    ++accepted_;
  }
  void also_ran() { ++also_ran_; }
  void closed() {
    --open_;
    if (owner_ != nullptr) owner_->handle_place_free();
  }
  void forget_owner() { owner_ = nullptr; }

  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t also_ran_count() const { return also_ran_; }

 private:
  Owner* owner_;
  std::size_t open_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t also_ran_ = 0;
};

}  // namespace bowline::drive
