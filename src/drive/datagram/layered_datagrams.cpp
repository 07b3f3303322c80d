// What a DatagramConnection does with a protocol on it.

#include <algorithm>
#include <vector>

#include "base/flag_scope.h"
#include "drive/datagram/datagram_connection.h"

namespace bowline::drive {

/// Shakes hands for a listener's flow.
class DatagramConnection::Handshake final : public Candidate, private LayeredFlow::Owner {
 public:
  explicit Handshake(DatagramConnection& flow) : flow_(flow) {}

  Result<Progress> start(CandidateObserver& observer) override {
    observer_ = &observer;
    const StackAlternative& alternative = flow_.plan().alternatives.front();
    LayerContext context{.loop = flow_.loop(), .role = LayerRole::server};
    context.remote = flow_.flow().remote;
    context.alpn = alternative.alpn;
    BOWLINE_TRY(auto layer, alternative.datagrams->make_layer(context));
    LayeredFlow::Owner& owner = *this;
    flow_.layered_ = std::make_unique<LayeredFlow>(flow_.loop(), std::move(layer), owner);
    flow_.layered_->start();
    return Progress::connected;
  }

 private:
  void handle_packet(Buffer packet) override { flow_.handle_packet(std::move(packet)); }
  void handle_message(Buffer message, const ports::ReceivedRun& from) override {
    flow_.handle_message(std::move(message), from);
  }
  void handle_layer_open() override { observer_->handle_ready(); }
  void handle_layer_end() override {
    observer_->handle_failure(
        Error(ErrorKind::closed, "handshake", "the peer ended during the handshake"));
  }
  void handle_layer_failure(Error error) override {
    flow_.port_->flush();  // the alert
    observer_->handle_failure(error.about(to_string(flow_.flow().remote)));
  }
  void handle_read_on() override {}

  DatagramConnection& flow_;
  CandidateObserver* observer_ = nullptr;
};

std::unique_ptr<Candidate> DatagramConnection::make_handshake() {
  return std::make_unique<Handshake>(*this);
}

void DatagramConnection::handle_packet(Buffer packet) {
  if (!port_) return;
  const std::size_t bytes = packet.size();
  auto* const request = detail::RequestBase::make<MessageSendRequest>(
      loop(), static_cast<MessageConnection&>(*this), std::move(packet), bytes);
  const FlagScope passes(passes_packet_);
  // One that cannot be sent is lost like any other: the protocol sends again.
  request->start([](const Result<void>&) {}, true);
}

void DatagramConnection::handle_message(Buffer message, const ports::ReceivedRun& from) {
  ports::ReceivedRun run = from;
  run.segment_bytes = message.size();
  run.bytes = std::move(message);
  queue(std::move(run));
}

/// In place of its bytes, the datagrams that carry them.
std::optional<Error> DatagramConnection::seal(MessageSendRequest& request) {
  if (layered_->has_ended())
    return Error(ErrorKind::closed, "send", "the peer has ended").about(to_string(flow_.remote));
  DatagramLayer& layer = layered_->layer();
  std::span<const std::byte> left = request.bytes;
  if (left.size() <= request.segment_bytes) {
    auto sealed = layer.seal(left);
    if (!sealed.has_value()) return std::move(sealed).error();
    const std::size_t bytes = sealed->size();
    request.replace(*std::move(sealed), bytes);
    return std::nullopt;
  }
  std::vector<std::byte> together;
  const std::size_t each = request.segment_bytes + layer.overhead_bytes();
  while (!left.empty()) {
    const auto message = left.first(std::min(request.segment_bytes, left.size()));
    left = left.subspan(message.size());
    const auto sealed = layer.seal(message);
    if (!sealed.has_value()) return sealed.error();
    const auto bytes = sealed->bytes();
    together.insert(together.end(), bytes.begin(), bytes.end());
  }
  if (together.size() > ports::DatagramSocket::run_bytes_max)
    return Error(ErrorKind::message_too_large, "send batch", "more than the system takes at once");
  request.replace(Buffer::own(std::move(together)), each);
  return std::nullopt;
}

void DatagramConnection::prepare_close() {
  if (layered_ && layered_->is_open()) layered_->end();
}

/// The peer's goodbye: what came before it is still received.
void DatagramConnection::handle_layer_end() { end_waiting_receives(); }

void DatagramConnection::end_waiting_receives() {
  while (wants_more() && (!received_ || received_->runs.empty())) {
    if (wants_batch()) {
      finish_first_receive(Error(ErrorKind::closed, "receive", "the peer has ended"));
    } else {
      static_cast<MessageReceiveRequest&>(receives_.pop()).finish(Message(Buffer(), true, true));
    }
  }
}

void DatagramConnection::handle_layer_failure(Error error) {
  const detail::Ref<DatagramConnection> keep(this);
  if (port_) port_->flush();  // the alert
  fail(error.about(to_string(flow_.remote)));
}

std::vector<ports::LayerFacts> DatagramConnection::layers() const {
  std::vector<ports::LayerFacts> layers;
  if (layered_) layers.push_back(layered_->layer().facts());
  return layers;
}

}  // namespace bowline::drive
