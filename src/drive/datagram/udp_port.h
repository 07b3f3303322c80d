#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "drive/loop/loop.h"
#include "ports/datagram_socket.h"

namespace bowline::drive {

/// Where a port takes its packets from: a queue of its owner's, which the port looks through from the front.
/// A packet is one datagram, or a run that is cut already.
class PacketSource {
 public:
  /// The first that waits; false if none does. The bytes stay where they are until handle_sent().
  [[nodiscard]] virtual bool first(ports::DatagramRun& into) = 0;
  /// The one behind that which was looked at last; false behind the last.
  [[nodiscard]] virtual bool next(ports::DatagramRun& into) = 0;
  /// The system has taken the first `count`. With `failure`, the one behind them cannot be sent, and leaves
  /// the queue as well.
  virtual void handle_sent(std::size_t count, const Error* failure) = 0;

 protected:
  ~PacketSource() = default;
};

/// A UDP socket that moves packets for whoever owns it, and knows nothing of what they are for.
///
/// What is sent in one turn goes out together at its end: neighbours that differ in nothing but their bytes
/// as one segmented run. When the system has no room, the packets wait in their source, and the port asks
/// again once there is room. What comes is read from socket(), by the owner and at its own pace.
///
/// lifetime  keeps itself through its own calls to the owner, which may drop it in any of them
class UdpPort final : public detail::RefCounted<UdpPort>,
                      private ports::SocketObserver,
                      private Deferred {
 public:
  class Owner {
   public:
    /// Something may wait in socket(), to be received or as a failure.
    virtual void handle_port_readable() = 0;
    /// What is to be sent; null if the owner sends nothing.
    [[nodiscard]] virtual PacketSource* packets() = 0;

   protected:
    ~Owner() = default;
  };

  UdpPort(Loop& loop, Owner& owner) : loop_(loop), owner_(&owner) {}
  [[nodiscard]] Result<void> open(const ports::DatagramOptions& options);
  void set_owner(Owner& owner) { owner_ = &owner; }
  /// Nothing is sent or reported any more, unless there is another owner by now.
  void forget_owner(const Owner& owner) {
    if (owner_ == &owner) owner_ = nullptr;
  }
  /// Null before open().
  [[nodiscard]] ports::DatagramSocket* socket() const { return socket_.get(); }

  /// There are packets: sends them at the end of the turn, or as soon as there is room.
  void send_soon() {
    if (writable_) loop_.defer(*this);
  }
  /// Sends what waits now, as far as the system takes it.
  void flush();

 private:
  /// What goes to the system in one call.
  struct Plan {
    std::vector<ports::DatagramRun> runs;
    std::vector<std::size_t> packets_per_run;
    std::vector<std::byte> staging;
  };

  friend RefCounted;
  ~UdpPort() = default;
  void handle_readiness(ports::Readiness readiness) override;
  void handle_turn_end() override { flush(); }
  [[nodiscard]] PacketSource* source() const {
    return owner_ != nullptr && socket_ ? owner_->packets() : nullptr;
  }
  [[nodiscard]] bool send_only(const ports::DatagramRun& packet, PacketSource& from);
  [[nodiscard]] bool send_planned(PacketSource& from);
  void plan_runs(const ports::DatagramRun& first, const ports::DatagramRun& second,
                 PacketSource& from);
  [[nodiscard]] bool plan(const ports::DatagramRun& packet);
  [[nodiscard]] bool joins_last_run(const ports::DatagramRun& packet) const;
  void join_last_run(const ports::DatagramRun& packet);

  static constexpr std::size_t runs_per_flush_max = 64;

  Loop& loop_;
  Owner* owner_;
  std::unique_ptr<ports::DatagramSocket> socket_;
  std::unique_ptr<Plan> plan_;  // once several packets waited together
  bool writable_ = true;
};

}  // namespace bowline::drive
