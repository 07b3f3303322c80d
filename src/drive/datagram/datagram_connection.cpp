#include "drive/datagram/datagram_connection.h"

#include <algorithm>
#include <array>

#include "base/buffer_pool.h"
#include "drive/datagram/flow_table.h"
#include "drive/datagram/udp_candidate.h"
#include "drive/datagram/udp_options.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

constexpr std::size_t copied_below = BufferPool::block_bytes / 8;
constexpr std::size_t kept_bytes_max = 256 * 1024;
/// A flow whose protocol has to hear everything lets others have their turn after so many reads.
constexpr int reads_per_turn_max = 64;

std::size_t datagrams_in(const ports::ReceivedRun& run) {
  return MessageBatch(run.bytes, run.segment_bytes).size();
}

/// A batch is cut into datagrams by the system, which takes so many at once.
std::optional<Error> unfit_to_send(const MessageSendRequest& request) {
  constexpr std::size_t most = ports::DatagramSocket::segments_per_run_max;
  if (request.bytes.empty()) return std::nullopt;
  if (request.segment_bytes == 0)
    return Error(ErrorKind::invalid_argument, "send batch", "datagrams of no bytes");
  if ((request.bytes.size() - 1) / request.segment_bytes < most) return std::nullopt;
  return Error(ErrorKind::message_too_large, "send batch",
               "more than " + std::to_string(most) + " datagrams");
}

}  // namespace

BatchReceiveRequest::BatchReceiveRequest(detail::RequestQueue& loop, DatagramConnection& connection)
    : Request(loop, kind_number), connection_(&connection) {}
void BatchReceiveRequest::begin() { connection_->start_batch(*this); }
void BatchReceiveRequest::withdraw() noexcept { connection_->receives_.remove(*this); }
detail::TakenList* BatchReceiveRequest::source() noexcept {
  return connection_->source(has_value());
}
void BatchReceiveRequest::give_back(Result<MessageBatch>&& received, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) connection_->receives_.push_front(*this);
  if (received.has_value())
    connection_->put_back(received->buffer(), received->segment_bytes(),
                          received->datagram_facts());
  if (how == detail::Undone::abandoned) connection_->serve_again();
}

DatagramConnection::DatagramConnection(Loop& loop, Outbound&& outbound)
    : MessageConnection(loop, std::move(outbound)) {}

DatagramConnection::DatagramConnection(Loop& loop, detail::Ref<Origin> origin,
                                       detail::Ref<UdpPort> port, const Flow& flow,
                                       detail::Ref<FlowTable> table)
    : MessageConnection(
          loop, origin,
          origin->plan->alternatives.front().datagrams ? Accepted::shakes_hands : Accepted::ready),
      port_(std::move(port)),
      flow_(flow),
      table_(std::move(table)) {}

DatagramConnection::~DatagramConnection() = default;

std::optional<SocketAddress> DatagramConnection::local_address() const {
  if (!port_ || port_->socket() == nullptr) return std::nullopt;
  SocketAddress local = port_->socket()->local_address();
  if (!flow_.local.is_unspecified()) local.ip = flow_.local;
  return local;
}

std::optional<SocketAddress> DatagramConnection::remote_address() const {
  return port_ ? std::optional(flow_.remote) : std::nullopt;
}

std::size_t DatagramConnection::queued_bytes() const { return sends().queued_bytes_of(*this); }

std::size_t DatagramConnection::message_bytes_max() const {
  if (!port_ || port_->socket() == nullptr) return 0;
  const std::size_t datagram = port_->socket()->datagram_bytes_max(flow_.remote);
  return layered_ ? layered_->layer().message_bytes_max(datagram) : datagram;
}

void DatagramConnection::handle_run(ports::ReceivedRun run) {
  if (is_closing()) return;
  const detail::Ref<DatagramConnection> keep(this);
  layered_ ? layered_->take(run) : queue(std::move(run));
}

/// One that shakes hands has its listener's time.
void DatagramConnection::expire() {
  if (state() == ConnectionState::preparing) return table_->touch(*this);
  fail(Error(ErrorKind::timed_out, "udp flow", "silent for longer than the listener keeps a flow")
           .about(to_string(flow_.remote)));
}

void DatagramConnection::supersede() {
  fail(Error(ErrorKind::reset, "udp flow", "the peer began anew").about(to_string(flow_.remote)));
}

void DatagramConnection::start_receive(MessageReceiveRequest& request) {
  if (refuses()) return request.finish(refusal());
  add_receive(request);
}

void DatagramConnection::withdraw_receive(MessageReceiveRequest& request) noexcept {
  receives_.remove(request);
}

void DatagramConnection::take_back(Result<Message>&& received, MessageReceiveRequest& request,
                                   detail::Undone how) noexcept {
  if (how == detail::Undone::waits) receives_.push_front(request);
  if (received.has_value())
    put_back(received->buffer(), received->size(), received->datagram_facts());
  if (how == detail::Undone::abandoned) serve_again();
}

/// For want of memory, datagrams may go missing.
void DatagramConnection::put_back(const Buffer& bytes, std::size_t segment_bytes,
                                  const DatagramFacts& facts) noexcept {
  try {
    ports::ReceivedRun run{flow_.remote, flow_.local, segment_bytes, bytes};
    run.facts = facts;
    if (run.bytes.size() < copied_below) run.bytes = Buffer::copy_of(run.bytes.bytes());
    if (!received_) received_ = std::make_unique<Received>();
    received_->runs.reserve(received_->runs.size() + 1);
    count_kept(run);
    if (received_->first > 0) {
      received_->runs[--received_->first] = std::move(run);
    } else {
      received_->runs.insert(received_->runs.begin(), std::move(run));
    }
  } catch (const std::bad_alloc&) {
    if (received_ && received_->runs.empty()) received_.reset();
  }
}

/// All is back: those that took what came behind it get what there is now.
void DatagramConnection::serve_again() noexcept {
  satisfy();
  if (refuses()) {
    drop_received();
    return end_receives();
  }
  try {
    receive_all();
  } catch (const std::bad_alloc&) {
    fail_receives(shortage("receive"));
  }
}

void DatagramConnection::start_batch(BatchReceiveRequest& request) {
  if (refuses()) return request.finish(refusal());
  add_receive(request);
}

void DatagramConnection::add_receive(detail::RequestBase& request) {
  receives_.push(request);
  receive_all();
  if (has_ended()) end_waiting_receives();
}

bool DatagramConnection::wants_batch() const {
  return !receives_.empty() && receives_.front().kind() == BatchReceiveRequest::kind_number;
}

void DatagramConnection::finish_first_receive(const Error& error) {
  const bool is_batch = wants_batch();
  detail::RequestBase& request = receives_.pop();
  if (is_batch) return static_cast<BatchReceiveRequest&>(request).finish(error);
  static_cast<MessageReceiveRequest&>(request).finish(error);
}

FlowSends& DatagramConnection::sends() { return table_ ? table_->sends() : own_sends_; }
const FlowSends& DatagramConnection::sends() const { return table_ ? table_->sends() : own_sends_; }

void DatagramConnection::start_send(MessageSendRequest& request) {
  if (!passes_packet_) {
    if (refuses()) return request.finish(refusal());
    if (auto unfit = unfit_to_send(request)) return request.finish(*std::move(unfit));
    // What is sent before the handshake is over is sealed then.
    if (layered_)
      if (auto unfit = seal(request)) return request.finish(*std::move(unfit));
  }
  if (table_) table_->touch(*this);
  sends().push(request);
  if (port_) port_->send_soon();
}

void DatagramConnection::withdraw_send(MessageSendRequest& request) noexcept {
  sends().withdraw(request);
  handle_flushed();
}

void DatagramConnection::handle_port_readable() {
  readable_ = true;
  receive_all();
}

/// Only a flow with a socket of its own reads here, and only for somebody: the rest waits in the system.
void DatagramConnection::receive_all() {
  const detail::Ref<DatagramConnection> keep(this);
  satisfy();
  std::array<ports::ReceivedRun, 4> runs;
  for (int reads = 0;
       readable_ && (wants_more() || layered_) && port_ && port_->socket() != nullptr; ++reads) {
    if (layered_ && reads == reads_per_turn_max) return layered_->read_on_soon();
    // A batch is one run: reading ahead would only spread over memory what could stay in the cache.
    const std::size_t wanted = wants_batch() ? 1 : runs.size();
    const auto received = port_->socket()->receive(std::span(runs).first(wanted));
    if (!received.has_value()) {
      // The network's word on an earlier datagram, such as "nobody listens there": told once, the flow goes
      // on.
      if (wants_more()) finish_first_receive(received.error().about(to_string(flow_.remote)));
      continue;
    }
    readable_ = *received == wanted;
    for (std::size_t i = 0; i < *received && port_; ++i)
      layered_ ? layered_->take(runs[i]) : queue(std::move(runs[i]));
  }
}

void DatagramConnection::satisfy() {
  while (received_ && !received_->runs.empty() && wants_more()) {
    const bool is_batch = wants_batch();
    detail::RequestBase& request = receives_.pop();
    if (is_batch) {
      static_cast<BatchReceiveRequest&>(request).finish(take_batch());
    } else {
      static_cast<MessageReceiveRequest&>(request).finish(take_datagram());
    }
  }
}

Message DatagramConnection::take_datagram() {
  ports::ReceivedRun& run = received_->runs[received_->first];
  const std::size_t size = std::min(run.segment_bytes, run.bytes.size());
  Buffer datagram = run.bytes.slice(0, size);
  run.bytes.remove_prefix(size);
  const DatagramFacts facts = run.facts;
  uncount_kept(1, size);
  if (run.bytes.empty()) drop_run();
  return Message(std::move(datagram), facts);
}

MessageBatch DatagramConnection::take_batch() {
  ports::ReceivedRun& run = received_->runs[received_->first];
  uncount_kept(datagrams_in(run), run.bytes.size());
  MessageBatch batch(std::move(run.bytes), run.segment_bytes, run.facts);
  drop_run();
  return batch;
}

/// A small queue is kept for the next runs, so that a steady flow allocates nothing; but one that never held
/// more than the first datagram of its flow would only make idle flows larger.
void DatagramConnection::drop_run() {
  if (++received_->first < received_->runs.size()) return;
  const std::size_t capacity = received_->runs.capacity();
  if (capacity == 1 || capacity > kept_runs_max) return received_.reset();
  received_->runs.clear();
  received_->first = 0;
}

void DatagramConnection::queue(ports::ReceivedRun run) {
  // Nearly always somebody waits, and takes all of it.
  const bool is_next = !received_ || received_->runs.empty();
  if (is_next && wants_batch())
    return static_cast<BatchReceiveRequest&>(receives_.pop())
        .finish(MessageBatch(std::move(run.bytes), run.segment_bytes, run.facts));
  if (is_next && wants_more() && run.bytes.size() <= run.segment_bytes)
    return static_cast<MessageReceiveRequest&>(receives_.pop())
        .finish(Message(std::move(run.bytes), run.facts));
  // Those who wait come first, and then the cap on what is kept for nobody.
  const bool is_kept = !wants_more();
  if (is_kept && table_ && table_->is_full()) return;
  // A small slice would keep the whole block that it was received into.
  if (is_kept && run.bytes.size() < copied_below) run.bytes = Buffer::copy_of(run.bytes.bytes());
  if (!received_) received_ = std::make_unique<Received>();
  count_kept(run);
  received_->runs.push_back(std::move(run));
  satisfy();
  trim();
}

/// A flow nobody receives from keeps the newest datagrams, as a real-time peer wants, up to its caps. With a
/// socket of its own it only reads for somebody, and the rest waits in the system.
void DatagramConnection::trim() {
  while ((table_ || layered_) && received_ &&
         (received_->datagrams > plan().udp.queue_max() || received_->bytes > kept_bytes_max))
    static_cast<void>(take_datagram());
  if (!received_ || received_->first <= received_->runs.size() / 2) return;
  received_->runs.erase(received_->runs.begin(),
                        received_->runs.begin() + static_cast<std::ptrdiff_t>(received_->first));
  received_->first = 0;
}

std::uint64_t DatagramConnection::receive_drops() const {
  const ports::DatagramSocket* const socket = port_ ? port_->socket() : nullptr;
  return socket != nullptr ? socket->receive_drops() : 0;
}

void DatagramConnection::count_kept(const ports::ReceivedRun& run) {
  received_->datagrams += datagrams_in(run);
  received_->bytes += run.bytes.size();
  if (table_) table_->count_kept(run.bytes.size());
}

void DatagramConnection::uncount_kept(std::size_t datagrams, std::size_t bytes) {
  received_->datagrams -= datagrams;
  received_->bytes -= bytes;
  if (table_) table_->uncount_kept(bytes);
}

void DatagramConnection::drop_received() {
  if (received_) uncount_kept(received_->datagrams, received_->bytes);
  received_.reset();
}

std::unique_ptr<Candidate> DatagramConnection::make_candidate(const Approach& approach) {
  ports::DatagramOptions options;
  options.binding = approach.binding;
  options.connect_to = approach.remote;
  options.reads_first = true;
  options.family = approach.remote.ip.family();
  set_udp_options(plan().udp, options);
  if (const auto& protocol = approach.alternative.datagrams)
    return make_layered_candidate(loop(), options, protocol, make_context(approach));
  return make_udp_candidate(loop(), options);
}

void DatagramConnection::adopt(Candidate& winner) {
  LayeredFlow::Owner& owner = *this;
  if (table_) return layered_->set_owner(owner);
  auto& candidate = static_cast<UdpCandidate&>(winner);
  flow_.remote = candidate.remote();
  port_ = candidate.take_port();
  port_->set_owner(*this);
  layered_ = candidate.take_layered();
  if (!layered_) return;
  layered_->set_owner(owner);
  for (ports::ReceivedRun& run : candidate.take_received()) queue(std::move(run));
}

void DatagramConnection::handle_became_ready() {
  if (layered_) {
    layered_->layer().set_datagram_bytes_max(port_->socket()->datagram_bytes_max(flow_.remote));
    if (table_) return;  // which reads, and has nothing to be sent yet
    own_sends_.change_all([this](MessageSendRequest& request) { return seal(request); });
  }
  port_->send_soon();
  readable_ = true;  // nothing need be reported before a receive found nothing
  receive_all();
}

void DatagramConnection::hasten_close() { port_->flush(); }

void DatagramConnection::fail_receives(const Error& error) {
  while (!receives_.empty()) finish_first_receive(error);
}

void DatagramConnection::fail_sends(const Error& error) { sends().fail_all_of(*this, error); }

void DatagramConnection::release(Release) {
  drop_received();
  layered_.reset();
  if (table_) std::exchange(table_, {})->forget(*this);
  if (port_) port_->forget_owner(*this);
  port_ = {};
}

}  // namespace bowline::drive
