#include "drive/datagram/udp_port.h"

namespace bowline::drive {

namespace {

/// Could both be in one run, for all but their size?
bool travel_alike(const ports::DatagramRun& a, const ports::DatagramRun& b) {
  return a.remote == b.remote && a.local == b.local && a.interface_index == b.interface_index &&
         a.hop_limit == b.hop_limit && a.ecn == b.ecn;
}

}  // namespace

Result<void> UdpPort::open(const ports::DatagramOptions& options) {
  BOWLINE_TRY(socket_, loop_.host().network().open_datagram(options, *this));
  return {};
}

void UdpPort::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<UdpPort> keep(this);
  if (readiness.writable) {
    writable_ = true;
    loop_.defer(*this);
  }
  if (readiness.readable && owner_ != nullptr) owner_->handle_port_readable();
  loop_.deliver_ready();
}

void UdpPort::flush() {
  const detail::Ref<UdpPort> keep(this);
  ports::DatagramRun first;
  ports::DatagramRun second;
  for (;;) {
    // Each time anew: whoever heard of a packet may have dropped the port.
    PacketSource* const from = source();
    if (from == nullptr || !from->first(first)) return;
    bool is_through = false;
    if (!from->next(second)) {
      is_through = send_only(first, *from);
    } else {
      plan_runs(first, second, *from);
      is_through = send_planned(*from);
    }
    if (!is_through) return;
  }
}

/// Nearly always one packet waits on a socket of one flow. False if the system had no room.
bool UdpPort::send_only(const ports::DatagramRun& packet, PacketSource& from) {
  const auto sent = socket_->send(std::span(&packet, 1));
  writable_ = !sent.has_value() || *sent == 1;
  if (!writable_) return false;
  sent.has_value() ? from.handle_sent(1, nullptr) : from.handle_sent(0, &sent.error());
  return true;
}

bool UdpPort::send_planned(PacketSource& from) {
  const auto sent = socket_->send(plan_->runs);
  const std::size_t whole_runs = sent.has_value() ? *sent : 0;
  const bool is_blocked = sent.has_value() && whole_runs < plan_->runs.size();
  writable_ = !is_blocked;
  std::size_t packets = 0;
  for (std::size_t i = 0; i < whole_runs; ++i) packets += plan_->packets_per_run[i];
  // An error is about the first of them, or about a datagram sent before: the others have their own chance.
  const Error* const failure = sent.has_value() ? nullptr : &sent.error();
  if (packets > 0 || failure != nullptr) from.handle_sent(packets, failure);
  return !is_blocked;
}

void UdpPort::plan_runs(const ports::DatagramRun& first, const ports::DatagramRun& second,
                        PacketSource& from) {
  if (!plan_) plan_ = std::make_unique<Plan>();
  plan_->runs.clear();
  plan_->packets_per_run.clear();
  plan_->staging.clear();
  plan_->staging.reserve(ports::DatagramSocket::run_bytes_max);
  static_cast<void>(plan(first));  // the first finds room
  ports::DatagramRun packet = second;
  while (plan(packet) && from.next(packet)) {
  }
}

/// One run for each packet, or for several neighbours copied together: the copy is far cheaper than a call
/// each. False if this one is for the next time.
bool UdpPort::plan(const ports::DatagramRun& packet) {
  if (!plan_->runs.empty() && joins_last_run(packet)) {
    join_last_run(packet);
    return true;
  }
  if (plan_->runs.size() == runs_per_flush_max) return false;
  plan_->runs.push_back(packet);
  plan_->packets_per_run.push_back(1);
  return true;
}

bool UdpPort::joins_last_run(const ports::DatagramRun& packet) const {
  const ports::DatagramRun& run = plan_->runs.back();
  const std::size_t count = plan_->packets_per_run.back();
  const std::size_t size = packet.bytes.size();
  if (size == 0 || packet.segment_bytes != size || size > run.segment_bytes) return false;
  // A shorter datagram ends a run; and what was a run of several from the start stays as it is.
  if (run.bytes.size() != count * run.segment_bytes) return false;
  if (count == ports::DatagramSocket::segments_per_run_max) return false;
  const std::size_t copied = size + (count == 1 ? run.bytes.size() : 0);
  if (plan_->staging.size() + copied > ports::DatagramSocket::run_bytes_max) return false;
  return travel_alike(run, packet);
}

void UdpPort::join_last_run(const ports::DatagramRun& packet) {
  ports::DatagramRun& run = plan_->runs.back();
  std::vector<std::byte>& staging =
      plan_->staging;  // with room for all, so that nothing in it moves
  const std::size_t offset =
      plan_->packets_per_run.back() == 1 ? staging.size() : staging.size() - run.bytes.size();
  if (plan_->packets_per_run.back() == 1)
    staging.insert(staging.end(), run.bytes.begin(), run.bytes.end());
  staging.insert(staging.end(), packet.bytes.begin(), packet.bytes.end());
  run.bytes = std::span(staging).subspan(offset);
  ++plan_->packets_per_run.back();
}

}  // namespace bowline::drive
