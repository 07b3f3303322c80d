#pragma once

#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/tls_verifier.h"

namespace bowline::ports {

enum class TlsRole : std::uint8_t { client, server };

/// What carries the records: a byte stream, datagrams, or QUIC, which has no records and takes the handshake
/// messages and the secrets itself (RFC 9001 section 4).
enum class TlsTransport : std::uint8_t { stream, datagrams, quic };

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3, dtls_1_2 };
/// `x25519_mlkem768` resists quantum computers; name() of an engine says whether it has it.
enum class TlsGroup : std::uint8_t { x25519, secp256r1, secp384r1, x25519_mlkem768 };
enum class TlsCipher : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };

/// A certificate chain with its key, or a bare key (RFC 7250), as one object that the engine made; shared
/// by all sessions that may show it, so that it can be replaced while some of them still shake hands.
class TlsIdentity {
 public:
  virtual ~TlsIdentity() = default;
  /// The certificates that are sent, in DER, the leaf first; one SubjectPublicKeyInfo for a bare key.
  [[nodiscard]] virtual std::vector<std::vector<std::byte>> chain() const = 0;
};

/// A key that both sides have already. `name` may hold any octets.
struct TlsPresharedKey {
  std::string name;
  std::vector<std::byte> key;
};

/// What a server gave a client to begin with the next time, and all that it is bound to. Opaque, and
/// secret: who has it can be this client. Use it once.
struct TlsTicket {
  std::vector<std::byte> state;     ///< the library's own
  std::size_t early_bytes_max = 0;  ///< that the server takes before its answer; 0 = none
  std::string alpn;                 ///< early data may be sent for this protocol only
  Duration lifetime{};              ///< since it came
};

/// Keys that a server makes tickets with. Servers with the same keys take each other's tickets. The engine
/// binds them to server name, ALPN, versions and `policy_id`, so that no ticket leads round a check.
struct TlsTicketKeys {
  std::vector<std::byte> master;  ///< 64 octets of Host::random()
  std::string policy_id;          ///< changes with identities, client authentication and trust
  std::size_t tickets_per_handshake = 2;
};

/// For a server: whether these early bytes came before. Shared by all sessions that take one kind of ticket,
/// in one thread unless it is made for more.
class TlsReplayGuard {
 public:
  /// Remembers `id` for so long; false if it was known. Full means false: then the client sends again.
  [[nodiscard]] virtual bool admit(std::span<const std::byte> id, Duration keep_for) = 0;

 protected:
  ~TlsReplayGuard() = default;
};

/// How sessions are made. A value that many sessions may share; what it points to is shared too.
struct TlsConfiguration {
  TlsTransport transport = TlsTransport::stream;
  std::vector<TlsVersion> versions;  ///< empty = all that are safe on this transport
  std::vector<TlsCipher>
      ciphers;                    ///< in order of preference; empty = by what this host is quick at
  std::vector<TlsGroup> groups;   ///< likewise
  std::vector<std::string> alpn;  ///< in order of preference; at most 8 of 31 octets
  bool requires_alpn =
      false;  ///< no common protocol ends the handshake (RFC 7301, always for QUIC)

  /// Whom to trust. A client always has one. For a server it decides on client certificates.
  std::shared_ptr<TlsVerifier> verifier;
  enum class PeerCertificate : std::uint8_t { none, requested, required };
  PeerCertificate client_certificate = PeerCertificate::none;  ///< of servers

  std::vector<std::shared_ptr<TlsIdentity>>
      identities;  ///< a server chooses by name, then the first
  std::vector<TlsPresharedKey>
      preshared_keys;  ///< a client has at most one, and then no certificates
  /// Of servers: asked for a name that is not in `preshared_keys`. Answers at once; nothing for an unknown
  /// name, which the peer cannot tell from a wrong key.
  std::function<std::optional<std::vector<std::byte>>(std::string_view name)> find_preshared_key;
  std::string preshared_key_hint;  ///< of servers, TLS 1.2 only: which key the client should take

  /// The peer may show a bare key (RFC 7250) instead of a certificate; the verifier knows them.
  bool takes_raw_keys = false;

  /// Gets each line of a key log, as SSLKEYLOGFILE has them, without the line's end. Who reads them can
  /// read all traffic. No environment variable does the same.
  std::function<void(std::string_view line)> key_log;

  std::optional<TlsTicketKeys> ticket_keys;  ///< of servers; none = nothing is resumed
  std::size_t early_bytes_max = 0;           ///< of servers; 0 = early data is refused
  TlsReplayGuard* replay_guard =
      nullptr;  ///< of servers; needed to take early data, and outlives them

  // Limits on what a peer makes us do.
  std::size_t handshake_bytes_max = 64 * 1024;
  std::size_t certificates_max = 10;
  std::size_t key_bits_max = 8192;         ///< of RSA; larger keys cost seconds to check
  std::size_t fruitless_records_max = 32;  ///< in a row: empty ones, key updates, warnings
};

/// What differs from session to session.
struct TlsParameters {
  TlsRole role = TlsRole::client;
  /// A client's: the name in the certificate and in SNI (not sent for an address), without final dot, as
  /// A-labels; or an address in its canonical form. A server leaves it empty.
  std::string peer_name;
  /// Sent as SNI in place of `peer_name`; empty = nothing is sent.
  std::optional<std::string> server_name;
  std::optional<TlsTicket> ticket;
  /// To be sent with the first flight: only what may arrive twice. Refused unless `ticket` allows as much.
  std::span<const std::byte> early_data;
  /// QUIC's transport parameters (RFC 9001 section 8.2), encoded.
  std::vector<std::byte> quic_parameters;
  std::size_t datagram_bytes_max = 1200;  ///< of datagrams: as much as one may hold
  Duration retransmit_after =
      std::chrono::milliseconds(400);  ///< of datagrams: the first time, then doubling
};

enum class TlsState : std::uint8_t {
  handshaking,  ///< wants input, or has output
  verifying,  ///< stands still until the verifier answers; what it has to say is held back meanwhile
  open,       ///< data goes both ways; after end() only the peer's
  peer_ended,  ///< the peer sent close_notify; ours may still go out
  ended,       ///< both sides ended in order, or ours during the handshake
  failed,      ///< see error(); an alert for the peer may still have to go out
};

/// What was agreed; complete once open.
struct TlsFacts {
  TlsVersion version{};
  TlsCipher cipher{};
  TlsGroup group{};
  std::string alpn;         ///< empty if none
  std::string server_name;  ///< that the client asked for
  std::vector<std::vector<std::byte>>
      peer_chain;                  ///< in DER, the leaf first; also of a resumed session
  std::string preshared_key_name;  ///< empty unless one was used
  bool is_resumed = false;
  bool early_data_accepted = false;
};

/// How much was moved from and to where.
struct TlsTransfer {
  std::size_t consumed = 0;  ///< of the input
  std::size_t produced = 0;  ///< in the output
};

/// QUIC's levels of encryption, in their order.
enum class TlsLevel : std::uint8_t { initial, early, handshake, application };

/// The secrets of one level and direction, for QUIC's packet protection (RFC 9001 section 5).
struct TlsSecret {
  TlsLevel level{};
  bool is_ours = false;  ///< for what we send
  TlsCipher cipher{};
  std::vector<std::byte> secret;
};

/// One end of one TLS connection, without a socket or a clock of its own: ciphertext and plaintext go in and
/// out through spans that the caller owns.
///
/// After each call the driver looks whether there is output to be sent, whether the state changed, and what
/// deadline() says. No call calls back, but for the verifier, which is told to begin from inside of one.
///
/// thread    one at a time
/// errors    a peer's mistake is never an assert: the session goes to `failed`, keeps the alert as output,
///           and every later call gives the same error. domain tls, with the alert as code
class TlsSession {
 public:
  virtual ~TlsSession() = default;

  /// Begins; a client has output then. Once.
  virtual void start(Instant now) = 0;

  // Records, on streams and datagrams.
  /// Takes ciphertext. From a stream any number of bytes; from datagrams exactly one whole datagram each
  /// time, and what does not parse as one is dropped without harm.
  ///
  /// It consumes all, unless plaintext that nobody took stands in the way: read_plaintext first, then come
  /// back with the rest. So a record goes from the caller's memory straight into the library. While the
  /// verifier thinks, up to `handshake_bytes_max` are kept, and the rest is not consumed.
  [[nodiscard]] virtual Result<std::size_t> take_ciphertext(std::span<const std::byte> bytes,
                                                            Instant now) = 0;
  /// Gives ciphertext that waits to be sent, as much as fits; of datagrams one at a time.
  [[nodiscard]] virtual std::size_t give_ciphertext(std::span<std::byte> into) = 0;
  [[nodiscard]] virtual bool has_ciphertext() const = 0;
  /// The stream below ended. Without close_notify before it that is an error: something may have been cut
  /// off.
  [[nodiscard]] virtual Result<void> take_end() = 0;

  /// Decrypts into the caller's memory; 0 if nothing is there now. What came before an error is given before
  /// the error is. Of datagrams one message at a time; message_too_large if it does not fit, and it stays.
  [[nodiscard]] virtual Result<std::size_t> read_plaintext(std::span<std::byte> into) = 0;
  /// Encrypts as much as `into` has room for, in full records: for bulk, which spares a copy. On a stream
  /// `produced` may begin with ciphertext that give_ciphertext had not given yet; of datagrams each call is
  /// one message and one datagram. Before `open` it takes nothing.
  ///
  /// errors    closed after end(); of datagrams message_too_large, which ends nothing
  [[nodiscard]] virtual Result<TlsTransfer> write_plaintext(std::span<const std::byte> bytes,
                                                            std::span<std::byte> into) = 0;
  /// The most ciphertext that so much plaintext becomes, with what waits already.
  [[nodiscard]] virtual std::size_t ciphertext_bytes_max(std::size_t plaintext_bytes) const = 0;
  /// What a server may read of early data before the handshake is done; it may have been sent before.
  [[nodiscard]] virtual Result<std::size_t> read_early_data(std::span<std::byte> into) = 0;

  /// Says that nothing more comes from us (close_notify); the peer's data still comes. During the handshake
  /// it gives up without an error.
  virtual void end() = 0;
  /// Fails the session with an alert of ours, as for a protocol above that was violated.
  virtual void fail(Error error, std::uint8_t alert) = 0;
  /// New keys for what we send, and for what the peer sends if `both`; TLS 1.3 only.
  [[nodiscard]] virtual Result<void> update_keys(bool both) = 0;

  // QUIC's handshake instead of records.
  [[nodiscard]] virtual Result<void> take_crypto(TlsLevel level, std::span<const std::byte> bytes,
                                                 Instant now) = 0;
  /// Handshake messages to be sent at a level; the level is meaningful if something was given.
  [[nodiscard]] virtual std::size_t give_crypto(TlsLevel& level, std::span<std::byte> into) = 0;
  /// Each secret once, in the order in which they became known.
  [[nodiscard]] virtual std::optional<TlsSecret> poll_secret() = 0;
  /// The peer's transport parameters, once they came.
  [[nodiscard]] virtual std::optional<std::span<const std::byte>> peer_quic_parameters() const = 0;

  // Time: retransmission of a handshake over datagrams; nothing else in here depends on it.
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
  virtual void handle_timeout(Instant now) = 0;
  /// The path became narrower or wider: of datagrams.
  virtual void set_datagram_bytes_max(std::size_t bytes) = 0;

  // The verdict on the peer.
  /// The verifier has answered the question of this session; in `verifying` only. A refusal is final,
  /// whatever is called later.
  virtual void take_verdict(TlsVerdict verdict, Instant now) = 0;

  [[nodiscard]] virtual TlsState state() const = 0;
  /// Why it failed: untrusted with the verifier's reason, protocol_violation, malformed, reset ...; null
  /// before.
  [[nodiscard]] virtual const Error* error() const = 0;
  /// The alert that the peer sent, if it was that which ended the session.
  [[nodiscard]] virtual std::optional<std::uint8_t> peer_alert() const = 0;
  [[nodiscard]] virtual const TlsFacts& facts() const = 0;
  /// Of clients: each ticket once; they come after the handshake, with or before the first data.
  [[nodiscard]] virtual std::optional<TlsTicket> poll_ticket() = 0;
  /// Keying material for another use (RFC 5705, RFC 8446 section 7.5); open sessions only. In TLS 1.2 an
  /// empty context is none.
  [[nodiscard]] virtual Result<std::vector<std::byte>> export_key(
      std::string_view label, std::span<const std::byte> context, std::size_t bytes) const = 0;
};

/// A TLS library, made with the host's WallClock (validity, ages of tickets) and Random.
///
/// thread    any, if the library was made for it; its sessions one at a time each
class TlsEngine {
 public:
  virtual ~TlsEngine() = default;

  /// Who it is, for reports: "GnuTLS 3.7.9".
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// errors    unsupported, naming what this library cannot do; invalid_argument
  [[nodiscard]] virtual Result<std::unique_ptr<TlsSession>> make_session(
      std::shared_ptr<const TlsConfiguration> configuration, TlsParameters parameters) = 0;

  /// From PEM in any order, or one certificate in DER; the key, as PKCS#8 or in an older form, fits one of
  /// them, which becomes the leaf. `pass_phrase` opens an encrypted key.
  ///
  /// errors    malformed; invalid_argument: wrong pass phrase, or the key fits no certificate; unsupported
  [[nodiscard]] virtual Result<std::shared_ptr<TlsIdentity>> make_identity(
      std::span<const std::byte> certificates, std::span<const std::byte> private_key,
      std::string_view pass_phrase = {}) = 0;
  /// From PKCS#12, which holds both, in DER or PEM. Errors as above.
  [[nodiscard]] virtual Result<std::shared_ptr<TlsIdentity>> make_identity_from_pkcs12(
      std::span<const std::byte> store, std::string_view pass_phrase) = 0;
  /// A bare key, which is trusted by itself.
  [[nodiscard]] virtual Result<std::shared_ptr<TlsIdentity>> make_raw_identity(
      std::span<const std::byte> private_key, std::string_view pass_phrase = {}) = 0;

  /// DTLS servers: an answer to a first datagram without keeping anything of it (RFC 6347 section 4.2.1);
  /// nothing to be sent if the datagram shows that its sender got one before, and a session may be made for
  /// it.
  ///
  /// `peer`    what the cookie is bound to: address and port
  [[nodiscard]] virtual Result<std::optional<std::vector<std::byte>>> answer_hello(
      std::span<const std::byte> datagram, std::span<const std::byte> cookie_key,
      std::span<const std::byte> peer) = 0;
};

}  // namespace bowline::ports
