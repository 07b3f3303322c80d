#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <bowline/detail/ref.h>
#include <bowline/time.h>

#include "drive/connection/stack.h"

namespace bowline::drive {

/// What a connection was made with: one object for all that come from a listener, one for each that we open.
struct ConnectionTerms : detail::RefCounted<ConnectionTerms> {
  ConnectionTerms(std::shared_ptr<const StackPlan> stack, const Parameters& parameters)
      : plan(std::move(stack)),
        high_water_bytes(parameters.high_water_bytes()),
        close_within(parameters.close_within()) {}

  virtual ~ConnectionTerms() = default;

  const std::shared_ptr<const StackPlan> plan;
  const std::size_t high_water_bytes;
  const Duration close_within;
  /// All that is made with these terms is to be closed by then.
  std::optional<Instant> close_by;
};

}  // namespace bowline::drive
