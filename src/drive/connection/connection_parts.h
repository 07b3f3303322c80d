#pragma once

#include <memory>
#include <optional>

#include "drive/connection/connection.h"
#include "drive/connection/state_watch.h"

namespace bowline::drive {

/// The owner's ear for changes of state: each is told in a turn of its own, for which the loop runs on.
struct Connection::Watch {
  explicit Watch(Connection& owner) : timer(owner) {}
  StateWatch states;
  MemberTimer<Connection, &Connection::report_states> timer;
};

/// A close that takes its time: the loop runs on for it.
struct Connection::Closing {
  Closing(Connection& owner, Instant at) : until(at), timer(owner) {}
  detail::RequestList<CloseRequest> requests;
  Instant until;
  MemberTimer<Connection, &Connection::cut_off> timer;
};

/// What few connections have.
struct Connection::Rare {
  std::unique_ptr<Watch> watch;
  std::unique_ptr<Closing> close;
  detail::Ref<PathWatch> path;  // once somebody wants to know
  std::optional<Error> error;   // why it failed
  detail::RequestList<ReadyRequest> ready_requests;
};

/// What ends operations that a close overtakes. Made with the first connection, so that no close has to
/// allocate it.
[[nodiscard]] const Error& owner_closed();

}  // namespace bowline::drive
