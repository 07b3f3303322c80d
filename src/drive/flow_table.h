#pragma once

#include <cstddef>
#include <functional>
#include <unordered_set>

#include "base/intrusive_list.h"
#include "drive/datagram_connection.h"

namespace bowline::drive {

/// The flows of one listening UDP socket: finds the one a datagram belongs to, makes new ones, forgets silent
/// ones.
///
/// It outlives its listener as long as there are flows.
class FlowTable final : public detail::RefCounted, private UdpPort::Owner {
 public:
  /// The listener. It says whether a new flow is wanted, and makes it.
  class Owner {
   public:
    [[nodiscard]] virtual bool wants_flow() = 0;
    virtual void handle_new_flow(detail::Ref<DatagramConnection> flow) = 0;
    [[nodiscard]] virtual detail::Ref<DatagramConnection> make_flow(
        const UdpPort::Destination& destination, detail::Ref<UdpPort> port) = 0;

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

 private:
  struct Key {
    const SocketAddress& remote;
    const IpAddress& local;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(const DatagramConnection* flow) const;
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

  ~FlowTable() override;
  void handle_port_readable() override;
  void route(ports::ReceivedRun run);
  void expire();

  static constexpr std::size_t runs_per_read = 8;
  static constexpr int reads_per_turn_max = 32;
  static constexpr Duration read_again_after = std::chrono::milliseconds(10);

  Loop& loop_;
  Duration idle_timeout_;
  Owner* owner_;
  detail::Ref<UdpPort> port_;
  std::unordered_set<DatagramConnection*, Hash, Equal> flows_;
  IntrusiveList<DatagramConnection, DatagramConnection> by_age_;  // least recently used first
  MemberTimer<FlowTable, &FlowTable::expire> expiry_{*this};
  MemberTimer<FlowTable, &FlowTable::read_on> read_on_timer_{*this};
};

}  // namespace bowline::drive
