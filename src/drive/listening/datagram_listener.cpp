#include "drive/listening/datagram_listener.h"

#include "drive/datagram/udp_options.h"
#include "drive/establish/host/host_interfaces.h"

namespace bowline::drive {

DatagramListener::DatagramListener(Loop& loop, std::shared_ptr<const StackPlan> plan,
                                   Parameters parameters)
    : Listener(loop, std::move(plan), std::move(parameters)),
      table_(new FlowTable(loop, this->plan().udp.idle_timeout(), *this)) {}

Result<void> DatagramListener::open(const SocketAddress& local) {
  ports::DatagramOptions options;
  options.family = local.ip.family();
  options.dual_stack = parameters().only() != Family::ipv6;
  if (!local.ip.is_unspecified()) options.binding.source = local.ip;
  options.binding.port = local.port;
  options.reuse_port = parameters().reuse_local_address();
  set_udp_options(plan().udp, options);
  if (!parameters().interface().empty()) {
    BOWLINE_TRY(options.binding.interface_index,
                interface_index(loop().host().network(), parameters().interface()));
  }
  return table_->open(options);
}

SocketAddress DatagramListener::local_address() const {
  const ports::DatagramSocket* socket = table_ ? table_->port().socket() : nullptr;
  return socket != nullptr ? socket->local_address() : SocketAddress();
}

bool DatagramListener::wants_flow() {
  if (is_full()) return false;
  if (unaccepted_.size() >= unaccepted_max)
    std::erase_if(unaccepted_,
                  [](const auto& flow) { return flow->state() != ConnectionState::ready; });
  return unaccepted_.size() < unaccepted_max;
}

detail::Ref<DatagramConnection> DatagramListener::make_flow(const Flow& destination,
                                                            detail::Ref<UdpPort> port) {
  return make_connection<DatagramConnection>(loop(), tally(), std::move(port), destination, table_);
}

void DatagramListener::handle_new_flow(detail::Ref<DatagramConnection> flow) {
  unaccepted_.push_back(std::move(flow));
  accept_now();
}

void DatagramListener::accept_all() {
  const detail::Ref<DatagramListener> keep(this);
  while (!unaccepted_.empty() && wants_more()) {
    detail::Ref<DatagramConnection> flow = std::move(unaccepted_.front());
    unaccepted_.pop_front();
    if (flow->state() != ConnectionState::ready) continue;  // it was silent for too long
    deliver(flow);
  }
}

void DatagramListener::release() {
  table_->forget_owner();
  while (!unaccepted_.empty()) {
    const detail::Ref<DatagramConnection> flow = std::move(unaccepted_.front());
    unaccepted_.pop_front();
    flow->cancel();
  }
  table_ = {};
}

}  // namespace bowline::drive
