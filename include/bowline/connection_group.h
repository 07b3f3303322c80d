#pragma once

#include <bowline/connection.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/multicast.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/path.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace bowline::drive {
class Group;
}

namespace BOWLINE_API bowline {

/// Members of multicast groups over UDP, on every interface that the parameters allow: `interface`, its type,
/// what is prohibited, and the service class count. It follows the network: while no interface does, it waits
/// for one. Copies are handles on the same; the last one to go leaves the groups.
///
/// thread    its loop's
class ConnectionGroup {
 public:
  ConnectionGroup() = default;
  ConnectionGroup(const ConnectionGroup& other);
  ConnectionGroup(ConnectionGroup&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  ConnectionGroup& operator=(ConnectionGroup other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~ConnectionGroup();
  explicit operator bool() const { return core_ != nullptr; }

  /// errors    invalid_argument for an address that is no group, of two families, or port 0;
  ///           address_in_use if another program has the port for itself; unsupported for a parameter
  ///           that says nothing here; why the system does not let this host join
  [[nodiscard]] static Result<ConnectionGroup> join(Loop& loop, MulticastDescriptor descriptor,
                                                    const Parameters& parameters = {});

  /// The next datagram. Several may be pending; they are served in order. What nobody waits for stays in the
  /// system's buffer, and is dropped once that is full; see receive_drops().
  /// errors    closed
  [[nodiscard]] Operation<GroupMessage> receive();
  /// Sends to every group over every interface that is a member.
  ///
  /// message   borrowed until the operation completes; up to what a packet of the interface holds
  /// errors    the first one of any interface: message_too_large, unreachable, permission_denied ...;
  ///           unreachable with every reason while no interface does
  [[nodiscard]] Operation<void> send(std::span<const std::byte> message);
  [[nodiscard]] Operation<void> send(std::string_view text) {
    return send(std::as_bytes(std::span(text)));
  }
  /// The same with bytes that the operation keeps.
  [[nodiscard]] Operation<void> send(Buffer message);
  /// Sends to one host, from the group's port.
  [[nodiscard]] Operation<void> send_to(const SocketAddress& to,
                                        std::span<const std::byte> message);
  [[nodiscard]] Operation<void> send_to(const SocketAddress& to, std::string_view text) {
    return send_to(to, std::as_bytes(std::span(text)));
  }
  /// Answers the sender of a message: to its address and port, by the interface that the message came in by,
  /// from the address that it was sent to, if it was sent to this host alone.
  [[nodiscard]] Operation<void> reply(const GroupMessage& to, std::span<const std::byte> message);
  [[nodiscard]] Operation<void> reply(const GroupMessage& to, std::string_view text) {
    return reply(to, std::as_bytes(std::span(text)));
  }
  /// A flow of its own with the sender of a message, from the group's port. What the sender sends to this
  /// host alone comes to the flow from then on, and not to the group.
  [[nodiscard]] DatagramConnection extract(const GroupMessage& from);

  /// The interfaces that are members, or why none is.
  [[nodiscard]] Path path() const;
  [[nodiscard]] SocketAddress local_address() const;
  /// As DatagramConnection::receive_drops.
  [[nodiscard]] std::uint64_t receive_drops() const;
  /// Leaves; what is pending ends with `closed`.
  void close();

 private:
  explicit ConnectionGroup(drive::Group& core);
  drive::Group* core_ = nullptr;
};

}  // namespace BOWLINE_API bowline
