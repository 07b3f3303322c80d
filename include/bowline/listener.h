#pragma once

#include <bowline/connection.h>
#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/stack.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace bowline::drive {
class Listener;
}

namespace BOWLINE_API bowline {

class ListenerHandle;
class WebSocketConnection;
namespace detail {
[[nodiscard]] Result<ListenerHandle> open_listener(Loop& loop,
                                                   std::shared_ptr<const drive::StackPlan> plan,
                                                   const Endpoint& local, Parameters parameters);
}

/// What every listener has. A connection that came in is `preparing` while protocols above the
/// transport shake hands; it is handed out when it is ready, and never if that fails. Copies are
/// handles on the same; the last one to go closes it. Accepted connections live on.
///
/// thread    its loop's
class ListenerHandle {
 public:
  ListenerHandle() = default;
  ListenerHandle(const ListenerHandle& other);
  ListenerHandle(ListenerHandle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  ListenerHandle& operator=(ListenerHandle other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~ListenerHandle();
  explicit operator bool() const { return core_ != nullptr; }

  /// With the port that the system chose, if 0 was asked for.
  [[nodiscard]] SocketAddress local_address() const;
  /// Stops listening; pending accepts end with `closed`. Connections that were accepted live on.
  void close();
  /// Ends a server: stops listening, and closes every connection that came from this listener, as
  /// Connection::close does; those that could not send everything within `grace` are aborted. Completes when
  /// none is left. The loop then runs on until the peers have acknowledged the last bytes, but not beyond
  /// `grace`.
  ///
  /// May be called again with less patience: `close_all(Duration::zero())` aborts what is left. Dropping the
  /// operation, once it is started, ends the wait only.
  [[nodiscard]] Operation<void> close_all(Duration grace);

  /// At most so many accepted connections open at a time, those that shake hands included (65,536
  /// unless set); more wait in the system's queue, or for UDP are not answered.
  void limit_open(std::size_t connections_max);
  /// At most so many accepted connections at a time that shake hands, or are ready and wait for
  /// somebody who accepts them (1,024 unless set, at least 1); more wait in the system's queue. A slow
  /// one does not hold up the others, even if only one accept is pending.
  void limit_handshakes(std::size_t connections_max);
  /// How long such a handshake may take: 10 s unless set. One that takes longer fails.
  void handshake_within(Duration limit);
  /// Delivers so many more connections, then none until it is set again. Not a cap on open ones.
  void limit_new(std::uint64_t connections);

  [[nodiscard]] std::uint64_t accepted_count() const;
  [[nodiscard]] std::size_t open_count() const;
  /// Of those that are open: how many still shake hands. Nobody has been handed them.
  [[nodiscard]] std::size_t preparing_count() const;
  /// How many came in but did not become ready, for the peer's silence or its mistakes.
  [[nodiscard]] std::uint64_t handshake_failures() const;
  /// Accepted, and ended by the peer before it sent a byte.
  [[nodiscard]] std::uint64_t also_ran_count() const;

 protected:
  friend Result<ListenerHandle> detail::open_listener(Loop&,
                                                      std::shared_ptr<const drive::StackPlan>,
                                                      const Endpoint&, Parameters);
  explicit ListenerHandle(drive::Listener& core);
  [[nodiscard]] drive::Listener& core() const { return *core_; }

 private:
  drive::Listener* core_ = nullptr;
};

/// Accepts connections of one kind: StreamConnection, DatagramConnection or MessageConnection.
template <class ConnectionType>
class Listener : public ListenerHandle {
 public:
  Listener() = default;
  explicit Listener(ListenerHandle handle) : ListenerHandle(std::move(handle)) {}

  /// The next connection, once it is ready: what shakes hands above the transport has done so. Several
  /// accepts may be pending. Without an accept or a handler nothing is taken from the system's queue.
  /// errors    closed
  [[nodiscard]] Operation<ConnectionType> accept();
  /// Hands every connection to `handler`, as long as it is set; an empty one ends that. It is moved in and
  /// called in place, and may replace or clear itself, or close the listener. Keeps Loop::run going.
  void on_connection(std::move_only_function<void(ConnectionType)> handler);
};

extern template class Listener<StreamConnection>;
extern template class Listener<MessageConnection>;
extern template class Listener<DatagramConnection>;
extern template class Listener<WebSocketConnection>;

/// Listens with `stack` on `local`, an address endpoint; `Endpoint()` is every address, IPv4 and IPv6, and a
/// free port. With Parameters::reuse_local_address, several loops share one port and the system spreads
/// connections over them. The parameters that a listener honours are interface, require, prohibit,
/// prohibit_interface, prohibit_expensive, prohibit_constrained, allow_ultra_constrained, local_only, only,
/// service_class, reuse_local_address, high_water_bytes and close_within. One that is choosy about interfaces
/// listens on those that do, and follows the network: while none does, it waits.
///
/// errors    address_in_use, address_unavailable, permission_denied; invalid_argument for a name; unsupported
///           for any other parameter that is set, about its name
template <class Stack>
[[nodiscard]] Result<Listener<typename Stack::connection_type>> listen(Loop& loop,
                                                                       const Endpoint& local,
                                                                       const Stack& stack,
                                                                       Parameters parameters = {}) {
  BOWLINE_TRY(ListenerHandle handle,
              detail::open_listener(loop, stack.plan(), local, std::move(parameters)));
  return Listener<typename Stack::connection_type>(std::move(handle));
}

}  // namespace BOWLINE_API bowline
