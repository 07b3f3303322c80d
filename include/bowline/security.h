#pragma once

#include <bowline/export.h>
#include <bowline/parameters.h>
#include <bowline/result.h>
#include <bowline/security_report.h>
#include <bowline/stack.h>
#include <bowline/trust.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::drive {
struct SecuritySettings;
class TrustDecision;
class IdentitySource;
}
namespace bowline::ports {
class TlsIdentity;
}

namespace BOWLINE_API bowline {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };
[[nodiscard]] std::string to_string(TlsVersion version);

/// Whether a listener asks its clients for a certificate.
enum class ClientCertificates : std::uint8_t {
  none,       ///< no
  requested,  ///< one that is shown must be trusted; none is fine
  required,   ///< without one that is trusted there is no connection
};

/// A certificate chain with its private key: who this end is. A value; copies share the key.
class Identity {
 public:
  /// From PEM in any order, or one certificate in DER; the key as PKCS#8 or in an older form. The
  /// certificate that the key fits becomes the leaf. `pass_phrase` opens an encrypted key.
  ///
  /// errors    malformed; invalid_argument: wrong pass phrase, or the key fits no certificate; unsupported
  [[nodiscard]] static Result<Identity> from_bytes(std::span<const std::byte> certificates,
                                                   std::span<const std::byte> private_key,
                                                   std::string_view pass_phrase = {});
  [[nodiscard]] static Result<Identity> from_text(std::string_view certificates,
                                                  std::string_view private_key,
                                                  std::string_view pass_phrase = {});
  /// Reads both files, of at most 1 MiB each; both may be one.
  ///
  /// errors    those of the system, about the file; those of from_bytes
  [[nodiscard]] static Result<Identity> from_files(const std::string& certificates,
                                                   const std::string& private_key,
                                                   std::string_view pass_phrase = {});
  /// PKCS#12 holds both.
  [[nodiscard]] static Result<Identity> from_pkcs12(std::span<const std::byte> store,
                                                    std::string_view pass_phrase);

  /// A bare key without any certificate (RFC 7250), for peers that know its key_digest().
  [[nodiscard]] static Result<Identity> from_bare_key(std::span<const std::byte> private_key,
                                                      std::string_view pass_phrase = {});

  /// SHA-256 of the public key: what trust_key() and pin() take, and what a renewed certificate keeps.
  [[nodiscard]] Certificate::Digest key_digest() const;
  /// The certificates that are sent, in DER, the leaf first; the public key if there are none.
  [[nodiscard]] std::vector<std::vector<std::byte>> chain() const;

 private:
  friend class SecurityOptions;
  friend class Identities;
  explicit Identity(std::shared_ptr<ports::TlsIdentity> identity)
      : identity_(std::move(identity)) {}
  std::shared_ptr<ports::TlsIdentity> identity_;
};

/// Identities of listeners that can be replaced while connections run, as when a certificate was
/// renewed. Copies are the same object.
///
/// thread    any
class Identities {
 public:
  explicit Identities(std::vector<Identity> identities);
  /// Handshakes that begin from now on use these; tickets for those before are not taken any more.
  void replace(std::vector<Identity> identities);

 private:
  friend class SecurityOptions;
  std::shared_ptr<drive::IdentitySource> source_;
};

/// A question to the program about one peer; see SecurityOptions::verify. Copies are the same question.
///
/// lifetime  may be answered at any later time, and outlive the connection: then the answer does nothing.
///           Dropping the last copy refuses the peer
/// thread    the loop's
class PeerQuestion {
 public:
  /// What the library's own check found.
  [[nodiscard]] const TrustReport& report() const;
  /// The name that the peer's certificate must be for; empty for a client.
  [[nodiscard]] const std::string& peer_name() const;
  [[nodiscard]] bool is_resumed() const;
  // The first answer counts.
  void accept();
  /// `why` becomes the error's text: a sentence.
  void refuse(std::string why);

  /// For the library.
  explicit PeerQuestion(std::shared_ptr<drive::TrustDecision> decision)
      : decision_(std::move(decision)) {}

 private:
  std::shared_ptr<drive::TrustDecision> decision_;
};

/// What may be weaker for one domain, and why: data for SecurityOptions::exception. Each that is made
/// use of is named in the connection's report.
class PolicyException {
 public:
  /// `domain`  as "printers.example.com"; `reason` for the report: "until their update in 2027"
  PolicyException(std::string domain, std::string reason)
      : domain_(std::move(domain)), reason_(std::move(reason)) {}
  PolicyException& with_subdomains(bool value = true) { return set(with_subdomains_, value); }
  PolicyException& without_forward_secrecy(bool value = true) {
    return set(without_forward_secrecy_, value);
  }
  /// Under a minimum_version(tls_1_3) for all others.
  PolicyException& minimum_version(TlsVersion version) { return set(minimum_version_, version); }
  /// The least bits of the keys in the peer's chain, in place of 2048 and 256.
  PolicyException& key_bits(std::size_t rsa, std::size_t elliptic) {
    rsa_bits_ = rsa;
    return set(elliptic_bits_, elliptic);
  }

  [[nodiscard]] const std::string& domain() const { return domain_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] bool with_subdomains() const { return with_subdomains_; }
  [[nodiscard]] bool without_forward_secrecy() const { return without_forward_secrecy_; }
  [[nodiscard]] std::optional<TlsVersion> minimum_version() const { return minimum_version_; }
  /// 0 = as for all others.
  [[nodiscard]] std::size_t rsa_bits() const { return rsa_bits_; }
  [[nodiscard]] std::size_t elliptic_bits() const { return elliptic_bits_; }

 private:
  template <class Option, class Value>
  PolicyException& set(Option& option, const Value& value) {
    option = value;
    return *this;
  }
  std::string domain_;
  std::string reason_;
  bool with_subdomains_ = false;
  bool without_forward_secrecy_ = false;
  std::optional<TlsVersion> minimum_version_;
  std::size_t rsa_bits_ = 0;
  std::size_t elliptic_bits_ = 0;
};

/// How a connection is secured and whom it trusts. A value; setters chain. Without any, a client trusts
/// the roots of this system, checks the host's name, and speaks TLS 1.2 or 1.3 with forward secrecy.
///
/// Connections that share one object also share what its servers said (tickets), so make it once.
class SecurityOptions {
 public:
  SecurityOptions();

  // What is spoken.
  SecurityOptions& minimum_version(TlsVersion version);
  /// The application protocols, best first: {"h2", "http/1.1"} (RFC 7301). At most 8 of 1 to 31 octets.
  SecurityOptions& alpn(std::vector<std::string> protocols);
  /// Without a protocol in common there is no connection.
  SecurityOptions& require_alpn(bool value = true);
  /// Sent as server name instead of the host's; empty = none is sent.
  SecurityOptions& server_name(std::string name);
  /// Sessions are resumed: quicker, and the server may know a client again. On unless said otherwise.
  SecurityOptions& resume(bool value);

  /// Of a listener: a client that comes again may send up to so many bytes with its first flight. Such early
  /// data is taken once: a copy of it that somebody sends later is not, on this listener or any other of the
  /// loop. 0, none, unless said otherwise; at most 1 MiB. What a client sends early is up to it:
  /// StreamConnection::send_replayable.
  ///
  /// errors    invalid_argument above 1 MiB, when the listener is made
  SecurityOptions& early_data_max(std::size_t bytes);

  // Who this end is.
  /// May be called several times: a listener chooses by the name that the client asks for, else takes
  /// the first.
  SecurityOptions& identity(const Identity& identity);
  /// The same, of a listener, with others in their place later.
  SecurityOptions& identities(const Identities& identities);
  /// A key that both sides have, of 16 bytes at least, under a name of at most 128 octets (see
  /// key_from_pass_phrase() for words that people remember): instead of
  /// certificates. A client has at most one; a listener any number.
  SecurityOptions& preshared_key(std::string name, std::span<const std::byte> key);

  /// Of a listener: asked for the key of a name that preshared_key() did not give, on the loop's
  /// thread. It answers at once; nothing for an unknown name, which the peer cannot tell from a wrong
  /// key.
  SecurityOptions& find_preshared_key(
      std::function<std::optional<std::vector<std::byte>>(std::string_view name)> find);

  // Whom this end trusts.
  /// More roots, as PEM or DER.
  ///
  /// errors    malformed, when the connection is made
  SecurityOptions& root(std::span<const std::byte> certificates);
  SecurityOptions& root(std::string_view pem);
  /// Off: only what root() gave is trusted.
  SecurityOptions& system_roots(bool value);
  /// Only roots that the distribution shipped; what was added on this host does not count.
  SecurityOptions& distribution_roots_only(bool value = true);
  /// One of all pins must be among the keys of the server's chain, whoever else vouches for it: SHA-256
  /// of a public key in base64 or hexadecimal. Give one of a key that is kept elsewhere, too.
  ///
  /// errors    invalid_argument, when the connection is made
  SecurityOptions& pin(std::string_view key);
  /// This key is trusted by itself, whatever a certificate with it says, and without one:
  /// Identity::from_bare_key.
  SecurityOptions& trust_key(const Certificate::Digest& key);
  /// The name that the server's certificate must be for, instead of the host's.
  SecurityOptions& peer_name(std::string name);
  /// Of a listener.
  SecurityOptions& client_certificates(ClientCertificates value);
  /// The program has a word, too: `ask` is called for each peer that the library trusts, resumed ones
  /// as well, and the connection waits for the answer, as long as it may take to connect. Other
  /// addresses are tried meanwhile. Sessions are not shared with stacks of another object.
  SecurityOptions& verify(std::function<void(PeerQuestion)> ask);
  /// verify() is asked about those too whom the library refuses; then the program alone decides. It can
  /// be as careless as trust_anybody().
  SecurityOptions& verify_refused(bool value = true);
  /// What is weaker for one domain.
  SecurityOptions& exception(const PolicyException& exception);
  /// Nothing is checked: anybody who is on the way can read and change everything. For tests and diagnosis.
  SecurityOptions& trust_anybody(bool value = true);

  /// For the library.
  [[nodiscard]] Result<std::shared_ptr<const drive::SecuritySettings>> settings() const;

 private:
  drive::SecuritySettings& change();
  std::shared_ptr<drive::SecuritySettings> settings_;
  std::vector<std::vector<std::byte>> roots_;  // as they were given
  std::vector<std::string> pins_;
};

/// TLS on top of a stream stack: a byte stream that nobody on the way can read or change. The
/// connection is ready once the peer is trusted, so that a race is won by the first address that can
/// prove who it is.
///
/// An option that makes no sense fails the connection, or listen(), with an error about it.
/// source    RFC 8446, RFC 5246
class Tls {
 public:
  using connection_type = StreamConnection;
  Tls(const std::shared_ptr<const drive::StackPlan>& below, const SecurityOptions& options);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

/// DTLS on UDP: datagrams that nobody on the way can read or change. They still may get lost, come
/// twice or out of order; one that was changed or comes again is dropped. The connection is ready once
/// the peer is trusted. The peer's goodbye is a message with end_of_stream().
///
/// A listener answers first datagrams with a cookie and keeps nothing of them, so that nobody can make
/// it work or speak for an address that is not his own.
///
/// An option that makes no sense fails the connection, or listen(), with an error about it;
/// minimum_version(tls_1_3) is one, as there is no DTLS 1.3 here.
/// source    RFC 6347
class Dtls {
 public:
  using connection_type = DatagramConnection;
  Dtls(const std::shared_ptr<const drive::StackPlan>& below, const SecurityOptions& options);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

[[nodiscard]] Tls tls(const SecurityOptions& options = {});
[[nodiscard]] Dtls dtls(const SecurityOptions& options = {});
[[nodiscard]] inline Dtls dtls(const Udp& below, const SecurityOptions& options = {}) {
  return Dtls(below.plan(), options);
}
[[nodiscard]] inline Tls tls(const Tcp& below, const SecurityOptions& options = {}) {
  return Tls(below.plan(), options);
}
/// TLS that is agreed on in the clear first: STARTTLS.
[[nodiscard]] inline Tls tls(const Prelude& below, const SecurityOptions& options = {}) {
  return Tls(below.plan(), options);
}

/// Makes a key of 32 bytes for SecurityOptions::preshared_key() out of words that people can remember: PBKDF2
/// with HMAC-SHA-256 and 600,000 rounds. It takes up to a second. The octets count as they are: both sides
/// have to write the phrase alike, accents and spaces too.
///
/// It makes each guess dear, and that is all. Whoever records one handshake, or answers one, can guess at
/// home, at as many machines as can be paid for; no server counts those tries. So it does not protect a
/// phrase that somebody made up. Take six or more words drawn by dice from a list, or better 32 random bytes
/// and no phrase at all.
///
/// phrase    8 to 1,024 octets
/// salt      8 to 1,024 octets, no secret: the same on both sides, and another one for each pair of peers, so
///           that guesses at one are of no use at another. As "lamp-7 at 12 Main Street".
/// errors    invalid_argument for the sizes
/// source    RFC 8018 section 5.2, RFC 9257 section 4.1
[[nodiscard]] Result<std::vector<std::byte>> key_from_pass_phrase(std::string_view phrase,
                                                                  std::string_view salt);

}  // namespace BOWLINE_API bowline
