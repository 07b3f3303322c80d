#pragma once

#include <bowline/result.h>
#include <bowline/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/gnutls/engine/prepared.h"
#include "crypto/gnutls/library/handles.h"
#include "crypto/gnutls/library/library.h"
#include "crypto/gnutls/ticket/tickets.h"
#include "ports/tls_engine.h"

namespace bowline::crypto {

/// What a session is made of.
struct SessionParts {
  std::shared_ptr<const ports::TlsConfiguration> configuration;
  std::shared_ptr<const Prepared> prepared;
  ports::TlsParameters parameters;
  const ports::WallClock& wall_clock;
};

/// What all sessions share, whatever carries them: the handshake, the verdict on the peer, the facts, and
/// how they fail. Each kind of carrier derives from it.
///
/// The library's handshake is run until it asks for input that is not there. It stops at the peer's
/// certificate; then the verifier is asked, outside of the library, and nothing is sent before it answered.
/// Where the library does not stop, as in resumed handshakes, the verifier is asked at the end.
class Session : public ports::TlsSession {
 public:
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start(Instant now) override;
  void end() override;
  void fail(Error error, std::uint8_t alert) override;
  Result<void> update_keys(bool both) override;
  void take_verdict(ports::TlsVerdict verdict, Instant now) override;
  ports::TlsState state() const override { return state_; }
  const Error* error() const override { return error_.has_value() ? &*error_ : nullptr; }
  std::optional<std::uint8_t> peer_alert() const override { return peer_alert_; }
  const ports::TlsFacts& facts() const override { return facts_; }
  std::optional<ports::TlsTicket> poll_ticket() override;
  Result<std::vector<std::byte>> export_key(std::string_view label,
                                            std::span<const std::byte> context,
                                            std::size_t bytes) const override;

  // For the functions that GnuTLS calls.
  [[nodiscard]] static Session& of(gnutls_session_t session) {
    return *static_cast<Session*>(gnutls_session_get_ptr(session));
  }
  [[nodiscard]] gnutls_session_t handle() const { return handle_.get(); }
  [[nodiscard]] const Prepared& prepared() const { return *parts_.prepared; }
  [[nodiscard]] const ports::TlsConfiguration& configuration() const {
    return *parts_.configuration;
  }
  [[nodiscard]] ports::TlsRole role() const { return parts_.parameters.role; }
  [[nodiscard]] const std::vector<std::byte>& quic_parameters() const {
    return parts_.parameters.quic_parameters;
  }
  /// What the client asked for by SNI; empty if nothing.
  [[nodiscard]] std::string requested_name() const;

 protected:
  explicit Session(SessionParts parts) : parts_(std::move(parts)) {}
  /// Makes the library's side of it; before anything else.
  Result<void> set_up(unsigned flags);

  /// Runs the handshake as far as the input goes.
  void advance(Instant now);
  void give_up(Error error, std::optional<std::uint8_t> alert);
  /// The library said `code`, and that is the end.
  void give_up(int code);
  /// One more thing from the peer that led nowhere; gives up when there were too many in a row.
  void count_fruitless(std::size_t more);
  void reset_fruitless() { fruitless_ = 0; }
  /// The peer sent close_notify.
  void handle_peer_end();
  Result<std::size_t> take_early_data(std::span<std::byte> into);
  /// Ends without a word to the peer.
  void end_silently();
  /// A cipher as the port names it.
  [[nodiscard]] static ports::TlsCipher cipher_from(gnutls_cipher_algorithm_t cipher);

  [[nodiscard]] ClockScope clock_scope() const {
    return {parts_.wall_clock, runs_on_monotonic_time() ? std::optional(now_) : std::nullopt};
  }
  [[nodiscard]] const ports::TlsParameters& parameters() const { return parts_.parameters; }
  [[nodiscard]] bool is_open() const {
    return state_ == ports::TlsState::open || state_ == ports::TlsState::peer_ended;
  }
  [[nodiscard]] bool is_trusted() const { return is_open() || state_ == ports::TlsState::ended; }
  [[nodiscard]] bool we_ended() const { return we_ended_; }
  [[nodiscard]] bool is_finished() const {
    return state_ == ports::TlsState::ended || state_ == ports::TlsState::failed;
  }
  void set_now(Instant now) { now_ = now; }
  [[nodiscard]] Instant now() const { return now_; }

  // What a carrier says and does.
  /// Whether the library asked for more than had come since forget_starvation().
  [[nodiscard]] virtual bool is_starved() const = 0;
  virtual void forget_starvation() = 0;
  [[nodiscard]] virtual bool runs_on_monotonic_time() const { return false; }
  [[nodiscard]] virtual bool counts_fruitless() const { return true; }
  /// Handles what came behind the handshake, or behind a verdict.
  virtual void resume(Instant now) = 0;

 private:
  static int on_verify(gnutls_session_t session);
  static int on_message(gnutls_session_t session, unsigned kind, unsigned when, unsigned incoming,
                        const gnutls_datum_t* message);
  static void on_key_log(Session& session, const char* label, const gnutls_datum_t& secret);

  Result<void> set_options();
  Result<void> set_names();
  bool step_handshake(Instant now);
  void finish_handshake(Instant now);
  void become_open();
  [[nodiscard]] bool must_ask_after_handshake() const;
  void ask_verifier(bool is_resumed, Instant now);
  void apply(ports::TlsVerdict verdict);
  [[nodiscard]] ports::TlsQuestion question(bool is_resumed) const;
  void learn_facts();
  int check_certificate_message(const gnutls_datum_t& message);

  [[nodiscard]] unsigned flags_for_tickets() const;
  [[nodiscard]] unsigned flags_for_keys() const;
  Result<void> set_up_tickets();
  int bind_tickets(const gnutls_datum_t& hello_message);
  void send_tickets();
  void note_ticket(const gnutls_datum_t& message);
  void keep_ticket();

  SessionParts parts_;
  SessionHandle handle_;
  Instant now_{};
  ports::TlsState state_ = ports::TlsState::handshaking;
  std::optional<Error> error_;
  std::optional<std::uint8_t> peer_alert_;
  ports::TlsFacts facts_;
  std::size_t fruitless_ = 0;
  std::optional<Error> refusal_;  ///< ours, from inside of the library's call
  std::uint8_t refusal_alert_ = 0;
  std::optional<ports::TlsVerdict> early_verdict_;  ///< given while verify() was still running
  std::optional<TicketOffer> ticket_offer_;         ///< of the ticket that just came
  bool began_again_ = false;  ///< of a client: the server wanted another hello
  std::optional<std::array<std::byte, 32>> ticket_key_digest_;  ///< of a server: by the first hello
  std::vector<ports::TlsTicket> tickets_;                       ///< that nobody polled yet
  bool is_started_ = false;
  bool is_asking_ = false;
  bool stopped_at_certificate_ = false;
  bool was_trusted_ = false;
  bool handshake_is_done_ = false;
  bool we_ended_ = false;
};

}  // namespace bowline::crypto
