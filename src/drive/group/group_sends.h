#pragma once

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/error.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>

#include "drive/datagram/udp_port.h"

namespace bowline::drive {

class Group;

/// Hands one datagram over, to everybody or to one: borrowed until it is done, or owned by it. Done once it
/// went out over every interface; the first failure of any of them is its result.
class GroupSendRequest final : public detail::Request<void> {
 public:
  /// `to` unset: the groups.
  GroupSendRequest(detail::RequestQueue& loop, Group& group, std::span<const std::byte> message,
                   std::optional<SocketAddress> to, std::uint32_t over, IpAddress from);
  GroupSendRequest(detail::RequestQueue& loop, Group& group, Buffer message,
                   std::optional<SocketAddress> to, std::uint32_t over, IpAddress from);

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] const std::optional<SocketAddress>& to() const { return to_; }
  /// The interface that it goes out by; 0: every one that was joined, or what the routes say for `to`.
  [[nodiscard]] std::uint32_t over() const { return over_; }
  /// Our address that it shall come from; unspecified: the system chooses.
  [[nodiscard]] const IpAddress& from() const { return from_; }

 private:
  friend class GroupSends;
  void begin() override;
  void withdraw() noexcept override;

  detail::Ref<Group> group_;
  Buffer owner_;
  std::span<const std::byte> bytes_;
  std::optional<SocketAddress> to_;
  std::uint32_t over_;
  IpAddress from_;
  std::size_t packets_left_ = 0;
  std::optional<Error> failure_;
};

/// What waits to be sent, a packet for each group and interface.
class GroupSends final : public PacketSource {
 public:
  struct Packet {
    GroupSendRequest* request = nullptr;
    SocketAddress remote;
    IpAddress local;
    std::uint32_t interface_index = 0;
  };
  /// Packets of this host that wait because the system has no room; a send beyond it fails.
  static constexpr std::size_t packets_max = 65'536;

  void push(const Packet& packet);
  [[nodiscard]] bool has_room_for(std::size_t packets) const {
    return queue_.size() + packets <= packets_max;
  }
  void withdraw(const GroupSendRequest& request) noexcept;
  void fail_all(const Error& error);

  [[nodiscard]] bool first(ports::DatagramRun& into) override;
  [[nodiscard]] bool next(ports::DatagramRun& into) override;
  void handle_sent(std::size_t count, const Error* failure) override;

 private:
  [[nodiscard]] bool look(ports::DatagramRun& into) const;
  void end(const Error* failure);

  std::deque<Packet> queue_;
  std::size_t looked_at_ = 0;
};

}  // namespace bowline::drive
