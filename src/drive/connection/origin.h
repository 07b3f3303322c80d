#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <bowline/detail/facts.h>
#include <bowline/detail/ref.h>
#include <bowline/time.h>

#include "base/intrusive_list.h"
#include "drive/connection/stack.h"

namespace bowline::drive {

/// A connection's place in the list of those that its origin has open.
class AcceptedHook : public ListHook<AcceptedHook> {};

/// Where a connection comes from, and the terms that it was made with. One for each connection that is raced
/// towards a peer; one for all that a listener accepts, or that are streams of one session.
///
/// A connection asks its origin what differs between them, and does not know which kind it has.
class Origin : public detail::RefCounted<Origin> {
 public:
  Origin(std::shared_ptr<const StackPlan> stack, const Parameters& parameters)
      : plan(std::move(stack)),
        high_water_bytes(parameters.high_water_bytes()),
        close_within(parameters.close_within()) {}
  virtual ~Origin() = default;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  const std::shared_ptr<const StackPlan> plan;
  const std::size_t high_water_bytes;
  const Duration close_within;
  /// All that has these terms is to be closed by then.
  std::optional<Instant> close_by;

  /// Asks for a start at the end of the loop's turn; nothing where connections come ready.
  virtual void start_soon() {}
  /// A pause between two tries ends now.
  virtual void hurry() {}
  /// The connection ends: what is still on its way for it is dropped.
  virtual void abandon() noexcept {}
  /// Why it waits for another try; null if it does not.
  [[nodiscard]] virtual const Error* why_waiting() const { return nullptr; }
  /// The peer as the user named it; null if the peer came to us.
  [[nodiscard]] virtual const Endpoint* endpoint() const { return nullptr; }
  /// What the user asked for with it; null if the peer came to us.
  [[nodiscard]] virtual const Parameters* parameters() const { return nullptr; }
  /// Adds how the connection came to be. False if the origin knows nothing of that. `layers`: what those that
  /// carry the connection say of themselves now.
  [[nodiscard]] virtual bool describe(Report::Facts& /*report*/,
                                      std::vector<ports::LayerFacts> /*layers*/) const {
    return false;
  }

  /// The connection was handed out and counts as open, until closed().
  virtual void opened(AcceptedHook& /*connection*/) {}
  virtual void closed(AcceptedHook& /*connection*/) {}
  /// The peer ended an open connection before it sent a byte.
  virtual void also_ran() {}
};

}  // namespace bowline::drive
