#include "drive/secure/dtls_layer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "drive/loop/loop.h"
#include "drive/secure/secure_session.h"

namespace bowline::drive {

namespace {

/// Fits any path of IPv4 that can be used at all, with room for headers (RFC 1122 3.3.3).
constexpr std::size_t narrow_bytes = 508;
constexpr int timeouts_at_full_size = 2;
constexpr std::size_t plaintext_bytes_max = 16 * 1024;  // RFC 6347 4.1

/// A session, and what it becomes for a flow.
class DtlsLayer final : public DatagramLayer, private ports::SecureChannel, private VerdictWatcher {
 public:
  explicit DtlsLayer(SecureSession secure) : secure_(std::move(secure)) {}

  void start(Observer& observer, Instant now) override {
    observer_ = &observer;
    session().start(now);
  }
  void take(std::span<const std::byte> datagram, Instant now) override {
    // An error is met again by progress().
    static_cast<void>(session().take_ciphertext(datagram, now));
  }
  [[nodiscard]] std::optional<Buffer> poll_packet() override {
    const std::size_t bytes = session().give_ciphertext(security().outgoing());
    if (bytes == 0) return std::nullopt;
    return Buffer::copy_of(security().outgoing().first(bytes));
  }
  [[nodiscard]] std::optional<Buffer> poll_message() override {
    const Result<std::size_t> bytes = session().read_plaintext(security().incoming());
    if (!bytes.has_value() || *bytes == 0) return std::nullopt;
    return Buffer::copy_of(security().incoming().first(*bytes));
  }
  [[nodiscard]] Result<Progress> progress() override;

  [[nodiscard]] Result<Buffer> seal(std::span<const std::byte> message) override {
    BOWLINE_TRY(const ports::TlsTransfer done,
                session().write_plaintext(message, security().outgoing()));
    return Buffer::copy_of(security().outgoing().first(done.produced));
  }
  [[nodiscard]] std::size_t overhead_bytes() const override {
    return secure_.session().ciphertext_bytes_max(0);
  }
  [[nodiscard]] std::size_t message_bytes_max(std::size_t datagram_bytes) const override {
    const std::size_t overhead = overhead_bytes();
    if (datagram_bytes <= overhead) return 0;
    return std::min(datagram_bytes - overhead, plaintext_bytes_max);
  }
  void set_datagram_bytes_max(std::size_t bytes) override {
    session().set_datagram_bytes_max(bytes);
  }
  void end() override { session().end(); }
  [[nodiscard]] std::optional<Instant> deadline() const override {
    return secure_.session().deadline();
  }
  void handle_timeout(Instant now) override {
    // RFC 6347 4.1.1.1: maybe the path is too narrow for what was lost again and again.
    if (!secure_.is_done() && ++timeouts_ == timeouts_at_full_size)
      session().set_datagram_bytes_max(narrow_bytes);
    session().handle_timeout(now);
  }
  [[nodiscard]] ports::LayerFacts facts() const override { return secure_.facts("dtls", "DTLS"); }
  [[nodiscard]] ports::SecureChannel* secure_channel() override { return this; }

 private:
  [[nodiscard]] Result<std::vector<std::byte>> export_key(std::string_view label,
                                                          std::span<const std::byte> context,
                                                          std::size_t bytes) override {
    return session().export_key(label, context, bytes);
  }
  [[nodiscard]] Result<void> update_keys() override { return session().update_keys(true); }
  void handle_verdict(ports::TlsSession& /*session*/) override {
    observer_->handle_layer_progress();
  }
  [[nodiscard]] ports::TlsSession& session() { return secure_.session(); }
  [[nodiscard]] Security& security() const { return secure_.security(); }

  SecureSession secure_;
  Observer* observer_ = nullptr;
  int timeouts_ = 0;  // of the handshake
};

Result<DatagramLayer::Progress> DtlsLayer::progress() {
  const ports::TlsState state = session().state();
  switch (state) {
    case ports::TlsState::handshaking: return Progress::shakes_hands;
    case ports::TlsState::verifying: secure_.watch(*this); return Progress::shakes_hands;
    case ports::TlsState::failed: secure_.note_failure(); return *session().error();
    case ports::TlsState::open:
    case ports::TlsState::peer_ended:
    case ports::TlsState::ended: break;
  }
  if (!secure_.is_done()) {
    if (state == ports::TlsState::ended) return Progress::ended;
    BOWLINE_TRY_VOID(secure_.finish_handshake());
    return Progress::open;
  }
  secure_.collect_tickets();
  return state == ports::TlsState::open ? Progress::open : Progress::ended;
}

class DtlsDoor final : public DatagramDoor {
 public:
  explicit DtlsDoor(Loop& loop) : security_(loop.service<Security>()), key_(32) {
    loop.host().random().fill(key_);
  }
  [[nodiscard]] Answer judge(std::span<const std::byte> datagram, const SocketAddress& sender,
                             std::vector<std::byte>& reply) override {
    const std::string peer = to_string(sender);
    auto answer = security_.engine().answer_hello(datagram, key_, as_bytes(peer));
    if (!answer.has_value()) return Answer::drop;
    if (!answer->has_value()) return Answer::admit;
    reply = **std::move(answer);
    return Answer::challenge;
  }
  /// A ClientHello in an epoch without keys: nothing that an open session sends looks like that.
  [[nodiscard]] bool is_beginning(std::span<const std::byte> datagram) const override {
    constexpr std::byte handshake{22};
    constexpr std::byte client_hello{1};
    constexpr std::size_t message_at = 13;
    return datagram.size() > message_at && datagram[0] == handshake && datagram[3] == std::byte{} &&
           datagram[4] == std::byte{} && datagram[message_at] == client_hello;
  }

 private:
  Security& security_;
  std::vector<std::byte> key_;
};

class DtlsProtocol final : public DatagramProtocol {
 public:
  explicit DtlsProtocol(std::shared_ptr<const SecuritySettings> settings)
      : settings_(std::move(settings)) {}
  [[nodiscard]] std::string_view name() const override { return "dtls"; }
  [[nodiscard]] Result<std::unique_ptr<DatagramLayer>> make_layer(
      const LayerContext& context) const override {
    BOWLINE_TRY(SecureSession made,
                SecureSession::make(settings_, context, ports::TlsTransport::datagrams));
    return std::make_unique<DtlsLayer>(std::move(made));
  }
  [[nodiscard]] Result<std::unique_ptr<DatagramDoor>> make_door(Loop& loop) const override {
    // So that a listener whose options make no sense fails at once.
    BOWLINE_TRY_VOID(loop.service<Security>().prepare(settings_, ports::TlsRole::server,
                                                      ports::TlsTransport::datagrams));
    return std::make_unique<DtlsDoor>(loop);
  }

 private:
  std::shared_ptr<const SecuritySettings> settings_;
};

}  // namespace

std::shared_ptr<const DatagramProtocol> dtls_protocol(
    std::shared_ptr<const SecuritySettings> settings) {
  return std::make_shared<const DtlsProtocol>(std::move(settings));
}

}  // namespace bowline::drive
