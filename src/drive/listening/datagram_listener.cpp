#include "drive/listening/datagram_listener.h"

#include <algorithm>

#include "drive/datagram/udp_options.h"
#include "drive/establish/host/host_interfaces.h"
#include "drive/paths/path_requirements.h"

namespace bowline::drive {

DatagramListener::DatagramListener(Loop& loop, std::shared_ptr<const StackPlan> plan,
                                   Parameters parameters)
    : Listener(loop, std::move(plan), std::move(parameters)),
      table_(new FlowTable(loop, this->plan().udp.idle_timeout(), *this)) {}

Result<void> DatagramListener::open(const SocketAddress& local) {
  if (const auto& protocol = plan().alternatives.front().datagrams) {
    BOWLINE_TRY(door_, protocol->make_door(loop()));
  }
  ports::DatagramOptions options;
  options.family = local.ip.family();
  options.dual_stack = parameters().only() != Family::ipv6;
  if (!local.ip.is_unspecified()) options.binding.source = local.ip;
  options.binding.port = local.port;
  options.reuse_port = parameters().reuse_local_address();
  set_udp_options(plan().udp, options);
  options.binding.marks = marks_of(parameters().service_class());
  if (!parameters().interface().empty()) {
    BOWLINE_TRY(options.binding.interface_index,
                interface_index(loop().host().network(), parameters().interface()));
  }
  if (ListenLinks::are_chosen_by(parameters())) {
    ListenLinks::Owner& owner = *this;
    links_ = std::make_unique<ListenLinks>(loop(), parameters(), owner);
    options.receive.interface = true;
  }
  return table_->open(options);
}

SocketAddress DatagramListener::local_address() const {
  const ports::DatagramSocket* socket = table_ ? table_->port().socket() : nullptr;
  return socket != nullptr ? socket->local_address() : SocketAddress();
}

bool DatagramListener::wants_flow(const ports::ReceivedRun& run) {
  if (!allows(run)) return false;
  return door_ ? has_room_to_prepare() && lets_in(run) : has_room_for_flow();
}

/// There is one socket for all interfaces, which are told apart by what it received.
bool DatagramListener::allows(const ports::ReceivedRun& run) const {
  return !links_ ||
         (links_->allows(run.facts.interface_index) && links_->allows_peer(run.remote.ip));
}

bool DatagramListener::begins_anew(const DatagramConnection& flow, const ports::ReceivedRun& run) {
  return door_ && flow.state() == ConnectionState::ready &&
         door_->is_beginning(run.bytes.bytes()) && lets_in(run);
}

/// An answer that the system does not take at once is lost: whoever asked asks again.
bool DatagramListener::lets_in(const ports::ReceivedRun& run) {
  const auto bytes = run.bytes.bytes();
  std::vector<std::byte> reply;
  const auto answer =
      door_->judge(bytes.first(std::min(run.segment_bytes, bytes.size())), run.remote, reply);
  if (answer == DatagramDoor::Answer::admit) return true;
  if (answer == DatagramDoor::Answer::challenge) {
    ports::DatagramRun back;
    back.remote = run.remote;
    back.local = run.local;
    back.segment_bytes = reply.size();
    back.bytes = reply;
    static_cast<void>(table_->port().socket()->send(std::span(&back, 1)));
  }
  return false;
}

bool DatagramListener::has_room_for_flow() {
  if (is_full()) return false;
  if (unaccepted_.size() >= unaccepted_max)
    std::erase_if(unaccepted_,
                  [](const auto& flow) { return flow->state() != ConnectionState::ready; });
  return unaccepted_.size() < unaccepted_max;
}

detail::Ref<DatagramConnection> DatagramListener::make_flow(const Flow& destination,
                                                            detail::Ref<UdpPort> port) {
  auto flow =
      make_connection<DatagramConnection>(loop(), tally(), std::move(port), destination, table_);
  if (door_) prepare(flow, flow->make_handshake(), destination.remote);
  return flow;
}

void DatagramListener::handle_new_flow(detail::Ref<DatagramConnection> flow) {
  if (door_) return;  // it is handed out once it is ready
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
  links_.reset();
  table_->forget_owner();
  while (!unaccepted_.empty()) {
    const detail::Ref<DatagramConnection> flow = std::move(unaccepted_.front());
    unaccepted_.pop_front();
    flow->cancel();
  }
  table_ = {};
}

}  // namespace bowline::drive
