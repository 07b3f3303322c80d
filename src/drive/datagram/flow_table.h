#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <unordered_set>

#include "base/intrusive_list.h"
#include "drive/datagram/datagram_connection.h"

namespace bowline::drive {

/// The flows of one listening UDP socket: finds the one a datagram belongs to, makes new ones, forgets silent
/// ones.
///
/// It outlives its listener as long as there are flows.
class FlowTable final : public detail::RefCounted<FlowTable>, private UdpPort::Owner {
 public:
  /// The listener. It says whether a new flow is wanted for what came, and makes it.
  class Owner {
   public:
    [[nodiscard]] virtual bool wants_flow(const ports::ReceivedRun& run) = 0;
    /// The peer of a flow begins anew, and the flow is of no further use.
    [[nodiscard]] virtual bool begins_anew(const DatagramConnection& flow,
                                           const ports::ReceivedRun& run) = 0;
    virtual void handle_new_flow(detail::Ref<DatagramConnection> flow) = 0;
    [[nodiscard]] virtual detail::Ref<DatagramConnection> make_flow(const Flow& destination,
                                                                    detail::Ref<UdpPort> port) = 0;

   protected:
    ~Owner() = default;
  };

  FlowTable(Loop& loop, Duration idle_timeout, Owner& owner);
  [[nodiscard]] Result<void> open(const ports::DatagramOptions& options);
  void forget_owner() { owner_ = nullptr; }
  /// New flows are wanted again: reads on.
  void read_on();

  void touch(DatagramConnection& flow);
  void forget(DatagramConnection& flow);
  [[nodiscard]] UdpPort& port() { return *port_; }
  [[nodiscard]] FlowSends& sends() { return sends_; }
  /// Flows keep so much for nobody that nothing more is kept.
  [[nodiscard]] bool is_full() const { return kept_bytes_ >= kept_bytes_max; }
  void count_kept(std::size_t bytes) { kept_bytes_ += bytes; }
  void uncount_kept(std::size_t bytes) { kept_bytes_ -= bytes; }

 private:
  struct Key {
    const SocketAddress& remote;
    const IpAddress& local;
  };
  /// Peers choose their addresses, so which of them collide is a secret: multilinear hashing over 32-bit
  /// words (Lemire and Kaser, 2013).
  class Hash {
   public:
    using is_transparent = void;
    explicit Hash(Random& random);
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(const DatagramConnection* flow) const;

   private:
    std::array<std::uint64_t, 12> keys_;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const DatagramConnection* a, const DatagramConnection* b) const {
      return a == b;
    }
    bool operator()(const Key& key, const DatagramConnection* flow) const;
    bool operator()(const DatagramConnection* flow, const Key& key) const {
      return (*this)(key, flow);
    }
  };

  friend RefCounted;
  ~FlowTable();
  void handle_port_readable() override;
  PacketSource* packets() override { return &sends_; }
  void route(ports::ReceivedRun run);
  void expire();

  static constexpr int reads_per_turn_max = 256;
  static constexpr int reads_per_flush = 16;
  static constexpr std::size_t kept_bytes_max = 64 * 1024 * 1024;
  static constexpr Duration read_again_after = std::chrono::milliseconds(10);

  Loop& loop_;
  Duration idle_timeout_;
  Owner* owner_;
  detail::Ref<UdpPort> port_;
  FlowSends sends_;
  std::unordered_set<DatagramConnection*, Hash, Equal> flows_;
  std::size_t kept_bytes_ = 0;
  IntrusiveList<DatagramConnection, DatagramConnection> by_age_;  // least recently used first
  MemberTimer<FlowTable, &FlowTable::expire> expiry_{*this};
  MemberTimer<FlowTable, &FlowTable::read_on> read_on_timer_{*this};
};

}  // namespace bowline::drive
