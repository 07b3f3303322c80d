#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "drive/loop/loop.h"
#include "drive/message/message_connection.h"
#include "ports/datagram_socket.h"

namespace bowline::drive {

/// A UDP socket and the sends that wait for it; one flow's own, or shared by all flows of a listener.
///
/// Sends of one turn go out together at its end: neighbours to one peer and of one size as one segmented run.
class UdpPort final : public detail::RefCounted<UdpPort>,
                      private ports::SocketObserver,
                      private Deferred {
 public:
  class Owner {
   public:
    /// Something may wait to be received.
    virtual void handle_port_readable() = 0;

   protected:
    ~Owner() = default;
  };

  UdpPort(Loop& loop, Owner& owner) : loop_(loop), owner_(&owner) {}
  [[nodiscard]] Result<void> open(const ports::DatagramOptions& options);
  void set_owner(Owner& owner) { owner_ = &owner; }
  void forget_owner(const Owner& owner) {
    if (owner_ == &owner) owner_ = nullptr;
  }
  [[nodiscard]] ports::DatagramSocket* socket() const { return socket_.get(); }

  struct Destination {
    SocketAddress remote;
    IpAddress local;
  };
  /// One of a flow of this port was started; it is finished, here or later, unless withdrawn.
  void send(MessageSendRequest& request);
  /// Nothing happens if it is not here.
  void withdraw(MessageSendRequest& request) noexcept { queue_.remove(request); }
  [[nodiscard]] bool has_sends_of(const MessageConnection& flow) const;
  [[nodiscard]] std::size_t queued_bytes_of(const MessageConnection& flow) const;
  /// Fails what the flow still has queued.
  void fail_sends_of(const MessageConnection& flow, const Error& error);
  /// Sends what is queued now, as far as the system takes it.
  void handle_turn_end() override { flush(); }
  void flush();

 private:
  /// What goes to the system in one call.
  struct Plan {
    std::vector<ports::DatagramRun> runs;
    std::vector<std::size_t> requests_per_run;
    std::vector<std::byte> staging;
  };

  friend RefCounted;
  ~UdpPort() = default;
  void handle_readiness(ports::Readiness readiness) override;
  [[nodiscard]] bool send_only();
  void plan_runs();
  [[nodiscard]] std::size_t neighbours_from(const MessageSendRequest& first) const;
  void finish_front(std::size_t requests, const std::optional<Error>& error);

  static constexpr std::size_t runs_per_flush_max = 64;

  Loop& loop_;
  Owner* owner_;
  std::unique_ptr<ports::DatagramSocket> socket_;
  detail::RequestList<MessageSendRequest> queue_;
  std::unique_ptr<Plan> plan_;  // once several requests waited together
  bool writable_ = true;
};

}  // namespace bowline::drive
