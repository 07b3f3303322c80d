#pragma once

#include <bowline/export.h>
#include <bowline/trust.h>

#include <memory>
#include <string>
#include <vector>

namespace BOWLINE_API bowline {

/// How a connection is secured: what both sides agreed on, who the peer proved to be, and why it was trusted.
/// Of an attempt that failed, as far as it came: then it says why the peer was not trusted.
///
/// A handle on shared facts, like those of report.h: copies are cheap.
class SecurityReport {
 public:
  struct Facts;  ///< the library's own; may grow
  SecurityReport() = default;
  explicit SecurityReport(Facts&& facts);

  /// "TLS" or "DTLS"
  [[nodiscard]] const std::string& protocol() const;
  /// The handshake was done. Before that nothing is agreed on: version() to preshared_key() are empty.
  [[nodiscard]] bool is_established() const;
  /// "1.3"
  [[nodiscard]] const std::string& version() const;
  /// What encrypts, as "AES-128-GCM".
  [[nodiscard]] const std::string& cipher() const;
  /// Of the key exchange, as "X25519".
  [[nodiscard]] const std::string& group() const;
  /// The application protocol, as "h2"; empty if none was agreed on. A peer's word: escape before printing.
  [[nodiscard]] const std::string& alpn() const;
  /// The name that the client asked for; empty if none. A peer's word on a server.
  [[nodiscard]] const std::string& server_name() const;
  /// The name of the pre-shared key that was used; empty if none. A peer's word on a server.
  [[nodiscard]] const std::string& preshared_key() const;
  /// The session continues an earlier one, by a ticket.
  [[nodiscard]] bool is_resumed() const;
  /// The server took what was sent before its answer, which whoever recorded it may have sent again.
  [[nodiscard]] bool is_early_data_accepted() const;
  /// What the peer showed, the leaf first, in the order in which it came; of a resumed session what it showed
  /// the first time. Empty with a pre-shared key, and for clients that were not asked. Nothing of it is
  /// proven by its being here: see trust().
  [[nodiscard]] const std::vector<Certificate>& peer_chain() const;
  /// Whether the peer is trusted and why. Says nothing where nobody was asked: with a pre-shared key the peer
  /// proved that it has the key, and a server that wants no client certificates judges nobody.
  [[nodiscard]] const TrustReport& trust() const;
  /// Exceptions that were made use of, such as trust_anybody: a sentence each.
  [[nodiscard]] const std::vector<std::string>& exceptions() const;
  /// Who speaks the protocol: "GnuTLS 3.7.9".
  [[nodiscard]] const std::string& library() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One line for people, safe to print: `TLS 1.3, AES-128-GCM, X25519, alpn h2; trusted: ...`
[[nodiscard]] std::string to_string(const SecurityReport& report);

}  // namespace BOWLINE_API bowline
