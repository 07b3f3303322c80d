#include "drive/datagram/udp_candidate.h"

#include <array>
#include <string>
#include <utility>

#include "base/flag_scope.h"

namespace bowline::drive {

namespace {

class BareCandidate final : public UdpCandidate, private UdpPort::Owner {
 public:
  BareCandidate(Loop& loop, ports::DatagramOptions options)
      : options_(std::move(options)), port_(new UdpPort(loop, *this)) {}
  ~BareCandidate() override {
    if (port_) port_->forget_owner(*this);
  }
  BareCandidate(const BareCandidate&) = delete;
  BareCandidate& operator=(const BareCandidate&) = delete;

  Result<Progress> start(CandidateObserver& /*observer*/) override {
    BOWLINE_TRY_VOID(port_->open(options_));
    return Progress::ready;
  }
  [[nodiscard]] detail::Ref<UdpPort> take_port() override { return std::move(port_); }
  [[nodiscard]] SocketAddress remote() const override { return *options_.connect_to; }

 private:
  void handle_port_readable() override {}
  PacketSource* packets() override { return nullptr; }
  ports::DatagramOptions options_;
  detail::Ref<UdpPort> port_;
};

/// Packets of a handshake, to one peer.
class PacketQueue final : public PacketSource {
 public:
  void push(Buffer packet) { queue_.push_back(std::move(packet)); }
  [[nodiscard]] bool first(ports::DatagramRun& into) override {
    looked_at_ = 0;
    return look(into);
  }
  [[nodiscard]] bool next(ports::DatagramRun& into) override {
    ++looked_at_;
    return look(into);
  }
  /// One that cannot be sent is lost like any other: the layer sends again.
  void handle_sent(std::size_t count, const Error* failure) override {
    const std::size_t gone = count + (failure != nullptr ? 1 : 0);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(gone));
  }

 private:
  [[nodiscard]] bool look(ports::DatagramRun& into) const {
    if (looked_at_ >= queue_.size()) return false;
    into.bytes = queue_[looked_at_].bytes();
    into.segment_bytes = into.bytes.size();
    return true;
  }
  std::deque<Buffer> queue_;
  std::size_t looked_at_ = 0;
};

class LayeredCandidate final : public UdpCandidate,
                               private UdpPort::Owner,
                               private LayeredFlow::Owner {
 public:
  LayeredCandidate(Loop& loop, ports::DatagramOptions options,
                   std::shared_ptr<const DatagramProtocol> protocol, LayerContext context)
      : loop_(loop),
        options_(std::move(options)),
        protocol_(std::move(protocol)),
        context_(std::move(context)),
        port_(new UdpPort(loop, *this)) {}
  /// A last word, such as why it was not enough, still goes out.
  ~LayeredCandidate() override {
    if (!port_) return;
    port_->flush();
    port_->forget_owner(*this);
  }
  LayeredCandidate(const LayeredCandidate&) = delete;
  LayeredCandidate& operator=(const LayeredCandidate&) = delete;

  Result<Progress> start(CandidateObserver& observer) override {
    observer_ = &observer;
    auto layer = protocol_->make_layer(context_);
    if (!layer.has_value()) return blame(layer.error());
    LayeredFlow::Owner& owner = *this;
    layered_ = std::make_unique<LayeredFlow>(loop_, *std::move(layer), owner);
    BOWLINE_TRY_VOID(port_->open(options_));
    {
      const FlagScope quiet(is_quiet_);
      layered_->start();
    }
    // The system reports nothing before a receive found nothing.
    BOWLINE_TRY_VOID(receive_all());
    if (is_open_) return Progress::ready;
    return layered_->has_heard() ? Progress::connected : Progress::connecting;
  }
  void append_handshakes(std::vector<Handshake::Facts>& done) const override {
    if (is_open_) done.push_back({std::string(protocol_->name()), taken_time_, std::nullopt, {}});
  }
  [[nodiscard]] std::optional<SecurityReport> security() const override {
    if (!layered_) return std::nullopt;
    return layered_->layer().facts().security;
  }
  [[nodiscard]] detail::Ref<UdpPort> take_port() override { return std::move(port_); }
  [[nodiscard]] std::unique_ptr<LayeredFlow> take_layered() override { return std::move(layered_); }
  [[nodiscard]] std::vector<ports::ReceivedRun> take_received() override {
    return std::move(received_);
  }
  [[nodiscard]] SocketAddress remote() const override { return *options_.connect_to; }

 private:
  /// What comes behind the handshake before somebody takes the flow.
  static constexpr std::size_t received_max = 32;

  void handle_port_readable() override {
    const bool had_heard = layered_->has_heard();
    if (const auto received = receive_all(); !received.has_value())
      return observer_->handle_failure(received.error());
    if (is_open_) return observer_->handle_ready();
    if (!had_heard && layered_->has_heard()) observer_->handle_progress();
  }
  /// Until nothing is there, or the layer is open. What came of it is for the caller to tell, once.
  Result<void> receive_all() {
    const FlagScope quiet(is_quiet_);
    std::array<ports::ReceivedRun, 4> runs;
    while (!failure_ && !is_open_) {
      const auto received = port_->socket()->receive(runs);
      // The network's word, such as "nobody listens there". One that lies can keep a connection from being
      // made, as it can with UDP itself.
      if (!received.has_value()) return blame(received.error());
      if (*received == 0) return {};
      for (std::size_t i = 0; i < *received && !failure_; ++i) layered_->take(runs[i]);
    }
    if (failure_) return *failure_;
    return {};
  }
  PacketSource* packets() override { return &packets_; }

  void handle_packet(Buffer packet) override {
    packets_.push(std::move(packet));
    port_->send_soon();
  }
  void handle_message(Buffer message, const ports::ReceivedRun& from) override {
    if (received_.size() == received_max) return;
    ports::ReceivedRun& run = received_.emplace_back(from);
    run.segment_bytes = message.size();
    run.bytes = std::move(message);
  }
  void handle_read_on() override {}
  void handle_layer_open() override {
    is_open_ = true;
    taken_time_ = layered_->handshake_time();
    if (!is_quiet_) observer_->handle_ready();
  }
  void handle_layer_end() override {
    handle_layer_failure(
        Error(ErrorKind::closed, "handshake", "the peer ended during the handshake"));
  }
  void handle_layer_failure(Error error) override {
    if (is_open_) return;
    port_->flush();
    if (!is_quiet_) return observer_->handle_failure(blame(error));
    failure_ = blame(error);
  }
  [[nodiscard]] Error blame(const Error& error) const {
    return error.about(std::string(protocol_->name()) + " " + to_string(*options_.connect_to));
  }

  Loop& loop_;
  ports::DatagramOptions options_;
  std::shared_ptr<const DatagramProtocol> protocol_;
  LayerContext context_;
  detail::Ref<UdpPort> port_;
  PacketQueue packets_;
  std::unique_ptr<LayeredFlow> layered_;
  std::vector<ports::ReceivedRun> received_;
  std::optional<Error> failure_;
  CandidateObserver* observer_ = nullptr;
  Duration taken_time_{};
  bool is_quiet_ = false;  // nothing is told now: whoever said so tells it
  bool is_open_ = false;
};

}  // namespace

std::unique_ptr<UdpCandidate> make_udp_candidate(Loop& loop, ports::DatagramOptions options) {
  return std::make_unique<BareCandidate>(loop, std::move(options));
}

std::unique_ptr<UdpCandidate> make_layered_candidate(
    Loop& loop, ports::DatagramOptions options, std::shared_ptr<const DatagramProtocol> protocol,
    LayerContext context) {
  return std::make_unique<LayeredCandidate>(loop, std::move(options), std::move(protocol),
                                            std::move(context));
}

}  // namespace bowline::drive
