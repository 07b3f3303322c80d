#pragma once

#include "drive/datagram/datagram_layer.h"
#include "drive/datagram/flow_table.h"
#include "drive/listening/listen_links.h"
#include "drive/listening/listener.h"

namespace bowline::drive {

/// Accepts UDP flows: the first datagram of a new 4-tuple makes one. With a protocol on them such as
/// DTLS, it is the first for which the protocol's door opens, and the flow is handed out once it has
/// shaken hands.
class DatagramListener final : public Listener,
                               private FlowTable::Owner,
                               private ListenLinks::Owner {
 public:
  DatagramListener(Loop& loop, std::shared_ptr<const StackPlan> plan, Parameters parameters);

  Result<void> open(const SocketAddress& local) override;
  [[nodiscard]] SocketAddress local_address() const override;

 private:
  void accept_all() override;
  void release() override;
  [[nodiscard]] bool wants_flow(const ports::ReceivedRun& run) override;
  [[nodiscard]] bool begins_anew(const DatagramConnection& flow,
                                 const ports::ReceivedRun& run) override;
  /// Its interface, and how far away the sender is, are as the parameters say.
  [[nodiscard]] bool allows(const ports::ReceivedRun& run) const;
  void handle_links_changed() override {}
  [[nodiscard]] bool lets_in(const ports::ReceivedRun& run);
  [[nodiscard]] bool has_room_for_flow();
  [[nodiscard]] detail::Ref<DatagramConnection> make_flow(const Flow& destination,
                                                          detail::Ref<UdpPort> port) override;
  void handle_new_flow(detail::Ref<DatagramConnection> flow) override;

  static constexpr std::size_t unaccepted_max = 128;

  detail::Ref<FlowTable> table_;
  std::unique_ptr<ListenLinks> links_;  // null unless the parameters are choosy
  std::unique_ptr<DatagramDoor> door_;  // null for UDP itself
  std::deque<detail::Ref<DatagramConnection>> unaccepted_;
};

}  // namespace bowline::drive
