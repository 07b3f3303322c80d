#include "drive/datagram/flow_table.h"

#include <algorithm>
#include <array>

namespace bowline::drive {

FlowTable::Hash::Hash(Random& random) {
  for (std::uint64_t& key : keys_) key = random.next();
}

std::size_t FlowTable::Hash::operator()(const Key& key) const {
  std::array<std::uint32_t, 8> words{};
  std::ranges::copy(key.remote.ip.octets(), reinterpret_cast<std::uint8_t*>(words.data()));
  std::ranges::copy(key.local.octets(), reinterpret_cast<std::uint8_t*>(words.data() + 4));
  std::uint64_t sum = keys_[8] + keys_[9] * key.remote.port + keys_[10] * key.remote.ip.scope_id() +
                      keys_[11] * key.local.scope_id();
  for (std::size_t i = 0; i < words.size(); ++i) sum += keys_[i] * words[i];
  return sum >> 32;
}

std::size_t FlowTable::Hash::operator()(const DatagramConnection* flow) const {
  return (*this)(Key{flow->flow().remote, flow->flow().local});
}

bool FlowTable::Equal::operator()(const Key& key, const DatagramConnection* flow) const {
  return key.remote == flow->flow().remote && key.local == flow->flow().local;
}

FlowTable::FlowTable(Loop& loop, Duration idle_timeout, Owner& owner)
    : loop_(loop),
      idle_timeout_(idle_timeout),
      owner_(&owner),
      port_(new UdpPort(loop, *this)),
      flows_(0, Hash(loop.host().random())) {}

FlowTable::~FlowTable() { port_->forget_owner(*this); }

Result<void> FlowTable::open(const ports::DatagramOptions& options) { return port_->open(options); }

void FlowTable::touch(DatagramConnection& flow) {
  flow.last_used_ = loop_.now();
  static_cast<ListHook<DatagramConnection>&>(flow).unlink();
  by_age_.push_back(flow);
  if (!expiry_.is_armed()) loop_.timers().set(expiry_, flow.last_used_ + idle_timeout_);
}

void FlowTable::forget(DatagramConnection& flow) {
  flows_.erase(&flow);
  static_cast<ListHook<DatagramConnection>&>(flow).unlink();
}

void FlowTable::handle_port_readable() { read_on(); }

void FlowTable::read_on() {
  const detail::Ref<FlowTable> keep(this);
  for (int reads = 0; reads < reads_per_turn_max && port_->socket() != nullptr; ++reads) {
    ports::ReceivedRun run;
    const auto received = port_->socket()->receive(std::span(&run, 1));
    // An unconnected socket has no errors that concern one flow, only passing ones of the system; and its
    // readiness is not reported again before it was read empty.
    if (!received.has_value())
      return loop_.timers().set(read_on_timer_, loop_.now() + read_again_after);
    if (*received == 0) return;
    try {
      route(std::move(run));
      loop_.deliver_ready();  // so that it is done with before more memory is filled
    } catch (...) {
      loop_.timers().set(read_on_timer_, loop_.now());  // readiness is not reported again
      throw;
    }
    // What was answered goes while it is in the cache.
    if (reads % reads_per_flush == reads_per_flush - 1) port_->flush();
  }
  loop_.timers().set(read_on_timer_,
                     loop_.now() + Duration(1));  // in the next turn: others have theirs first
}

void FlowTable::route(ports::ReceivedRun run) {
  const auto found = flows_.find(Key{run.remote, run.local});
  if (found != flows_.end() && owner_ != nullptr && owner_->begins_anew(**found, run)) {
    const detail::Ref<DatagramConnection> flow(*found);
    flow->supersede();
  } else if (found != flows_.end()) {
    DatagramConnection& flow = **found;
    touch(flow);
    flow.handle_run(std::move(run));
    return;
  }
  if (owner_ == nullptr || !owner_->wants_flow(run))
    return;  // as a full backlog: the datagram is lost
  const Flow destination{run.remote, run.local};
  detail::Ref<DatagramConnection> flow = owner_->make_flow(destination, port_);
  if (flow->state() >= ConnectionState::failed) return;
  flows_.insert(flow.get());
  touch(*flow);
  flow->handle_run(std::move(run));
  owner_->handle_new_flow(std::move(flow));
}

void FlowTable::expire() {
  const detail::Ref<FlowTable> keep(this);
  const Instant oldest_allowed = loop_.now() - idle_timeout_;
  while (!by_age_.empty() && by_age_.front().last_used_ <= oldest_allowed) by_age_.front().expire();
  if (!by_age_.empty()) loop_.timers().set(expiry_, by_age_.front().last_used_ + idle_timeout_);
}

}  // namespace bowline::drive
