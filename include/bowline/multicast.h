#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/message.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

class ConnectionGroup;

// clang-format off: a setter is one line
/// Which multicast groups, and how. A value; setters chain:
/// `MulticastDescriptor(IpAddress::v4({239, 1, 2, 3}), 5000).loopback(false)`.
class MulticastDescriptor {
 public:
  MulticastDescriptor(IpAddress group, std::uint16_t port) : groups_{group}, port_(port) {}

  /// One more group, of the same family, with the same port.
  MulticastDescriptor& add(IpAddress group) { groups_.push_back(group); return *this; }
  /// Only what this host sends (source-specific multicast, RFC 4607).
  MulticastDescriptor& source(IpAddress value) { source_ = value; return *this; }
  /// Members on this host hear what is sent, too: true, the default.
  MulticastDescriptor& loopback(bool value) { loopback_ = value; return *this; }
  /// How many routers less one it passes: 1, the link alone, unless set.
  MulticastDescriptor& hop_limit(std::uint8_t value) { hop_limit_ = value; return *this; }
  /// Nothing that was sent to this host alone, which is heard otherwise.
  MulticastDescriptor& only_groups(bool value) { only_groups_ = value; return *this; }

  [[nodiscard]] const std::vector<IpAddress>& groups() const { return groups_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::optional<IpAddress>& source() const { return source_; }
  [[nodiscard]] bool loopback() const { return loopback_; }
  [[nodiscard]] std::optional<std::uint8_t> hop_limit() const { return hop_limit_; }
  [[nodiscard]] bool only_groups() const { return only_groups_; }

 private:
  std::vector<IpAddress> groups_;
  std::uint16_t port_;
  std::optional<IpAddress> source_;
  bool loopback_ = true;
  bool only_groups_ = false;
  std::optional<std::uint8_t> hop_limit_;
};
// clang-format on

/// One datagram that a group received. A value.
class GroupMessage {
 public:
  struct Facts;  ///< the library's own; may grow
  GroupMessage() = default;
  explicit GroupMessage(Facts&& facts);

  [[nodiscard]] const Message& message() const;
  [[nodiscard]] std::string_view text() const { return message().text(); }
  [[nodiscard]] const SocketAddress& sender() const;
  /// What it was sent to: a group, or an address of this host.
  [[nodiscard]] const IpAddress& destination() const;
  /// The interface that it came in by.
  [[nodiscard]] std::uint32_t interface_index() const;

 private:
  friend class ConnectionGroup;
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

}  // namespace BOWLINE_API bowline
