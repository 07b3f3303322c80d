#pragma once

#include <bowline/connection.h>
#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::peers {
class NodeBody;
struct LinkFacts;
}  // namespace bowline::peers

namespace BOWLINE_API bowline {

class Identity;
struct CertificateAndKey;

/// Who a program is in front of its peers, without any authority: a certificate that it signed itself. Its
/// id is short enough to be compared by eye or over the telephone.
class PeerIdentity final {
 public:
  /// A new one. Keep texts() where only this program can read them, and be the same tomorrow.
  [[nodiscard]] static Result<PeerIdentity> make(Loop& loop);
  /// errors    as Identity::from_text
  [[nodiscard]] static Result<PeerIdentity> from_texts(const CertificateAndKey& texts);

  /// "K7QX-9F3D-2M4P-8WTA": the first 80 bits of the SHA-256 of the key. To find another key with the same id
  /// takes 2 to the power of 80 tries.
  [[nodiscard]] const std::string& id() const;
  /// Declared in bowline/certificate.h, as is the identity in bowline/security.h.
  [[nodiscard]] const CertificateAndKey& texts() const;
  [[nodiscard]] const Identity& identity() const;

 private:
  struct Facts;
  explicit PeerIdentity(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}
  std::shared_ptr<const Facts> facts_;
};

/// How a PeerNode meets others. A value; setters chain.
class PeerOptions final {
 public:
  /// By certificates: both ends show theirs, and each decides by the other's id.
  explicit PeerOptions(PeerIdentity identity);
  /// By a key that both have, such as key_from_pass_phrase() gives: 16 bytes at least. Whoever has it is
  /// trusted.
  [[nodiscard]] static PeerOptions by_key(std::vector<std::byte> key);

  // clang-format off: a setter is one line
  /// What peers are told: up to 128 octets of UTF-8. A peer's name is its own word.
  PeerOptions& name(std::string value) { name_ = std::move(value); return *this; }
  /// Where it listens: on every address and a port of the system's choice unless set.
  PeerOptions& local(Endpoint value) { local_ = std::move(value); return *this; }
  /// This peer is welcome: an id, with or without its dashes.
  PeerOptions& trust(std::string_view id);
  /// Asked about a peer that trust() did not name, during the handshake: show the id to somebody who can
  /// compare it. Without, such peers are refused.
  PeerOptions& on_stranger(std::function<bool(const std::string& id)> ask) {
    on_stranger_ = std::move(ask);
    return *this;
  }
  // clang-format on

  [[nodiscard]] const std::optional<PeerIdentity>& identity() const { return identity_; }
  [[nodiscard]] const std::vector<std::byte>& key() const { return key_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] bool is_trusted(std::string_view id) const;
  [[nodiscard]] const std::function<bool(const std::string&)>& on_stranger() const {
    return on_stranger_;
  }

 private:
  PeerOptions() = default;
  std::optional<PeerIdentity> identity_;
  std::vector<std::byte> key_;
  std::string name_;
  Endpoint local_;
  std::vector<std::string> trusted_;
  std::function<bool(const std::string&)> on_stranger_;
};

/// Two channels to one peer. Copies are handles on the same; the last one to go closes both.
///
/// thread    its loop's
class PeerLink final {
 public:
  PeerLink() = default;
  explicit PeerLink(std::shared_ptr<peers::LinkFacts> facts) : facts_(std::move(facts)) {}
  explicit operator bool() const { return facts_ != nullptr; }

  /// With a certificate its own; with a key one that it made up when it was opened.
  [[nodiscard]] const std::string& peer_id() const;
  /// The peer's word: escape it before printing.
  [[nodiscard]] const std::string& peer_name() const;
  /// We connected, and the peer was connected to.
  [[nodiscard]] bool is_initiator() const;
  /// Messages that arrive, in order: up to 16 MiB each, whose context().number() is yours, up to 239.
  [[nodiscard]] MessageConnection reliable() const;
  /// Datagrams that may get lost, by DTLS; an empty handle where UDP does not get through.
  [[nodiscard]] DatagramConnection best_effort() const;

 private:
  std::shared_ptr<peers::LinkFacts> facts_;
};

/// A program that meets others without any server: it listens, and connects to peers by address. However many
/// connections two peers open to each other, also at the same time, one link comes of it, the same for both.
/// Copies are handles on the same; the last one to go stops listening. Links live on.
///
/// thread    the loop's
class PeerNode final {
 public:
  PeerNode() = default;
  /// errors    as listen(); invalid_argument: a name that is too long, a key that is too short
  [[nodiscard]] static Result<PeerNode> open(Loop& loop, const PeerOptions& options);
  explicit operator bool() const { return body_ != nullptr; }

  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] SocketAddress local_address() const;
  /// Goes to on_link() once the peers know each other, unless there is a link already; else to on_failure().
  void connect(const Endpoint& peer);
  /// Each new link. One that takes the place of another whose peer began anew comes once that one is gone.
  void on_link(std::function<void(PeerLink)> handler);
  /// What came of a connect() that led to no link: `closed` if there is one already.
  void on_failure(std::function<void(const Endpoint& peer, const Error& error)> handler);

 private:
  explicit PeerNode(std::shared_ptr<peers::NodeBody> body) : body_(std::move(body)) {}
  std::shared_ptr<peers::NodeBody> body_;
};

}  // namespace BOWLINE_API bowline
