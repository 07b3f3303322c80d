#pragma once

#include <optional>
#include <span>

#include <bowline/time.h>

#include "core/eyeballs/order/service_order.h"

namespace bowline::core {

/// May the first attempt start, or is it worth waiting for more answers?
///
/// It may when an address is known, and either the preferred family and the service records have
/// been answered too (in the best group that can still have addresses), or the resolution delay
/// since the first address is over.
///
/// source    draft-ietf-happy-happyeyeballs-v3, resolution of hostnames
class MoveOnTest {
 public:
  explicit MoveOnTest(Duration resolution_delay) : resolution_delay_(resolution_delay) {}

  [[nodiscard]] bool may_start(std::span<const ServiceGroup> groups, bool is_service_settled,
                               Instant now);
  /// The end of the resolution delay, while it runs.
  [[nodiscard]] std::optional<Instant> deadline() const;

 private:
  Duration resolution_delay_;
  std::optional<Instant> first_address_at_;
  bool is_waiting_ = false;
};

}  // namespace bowline::core
