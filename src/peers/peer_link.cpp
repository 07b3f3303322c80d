#include <bowline/certificate.h>
#include <bowline/peer_link.h>
#include <bowline/security.h>

#include <algorithm>
#include <utility>

#include "peers/link_facts.h"
#include "peers/node_body.h"
#include "peers/peer_id.h"

namespace bowline {

struct PeerIdentity::Facts {
  Identity identity;
  CertificateAndKey texts;
  std::string id;
};

const std::string& PeerIdentity::id() const { return facts_->id; }
const CertificateAndKey& PeerIdentity::texts() const { return facts_->texts; }
const Identity& PeerIdentity::identity() const { return facts_->identity; }

Result<PeerIdentity> PeerIdentity::make(Loop& loop) {
  constexpr std::chrono::hours ten_years{24 * 3650};
  CertificateRequest request("bowline peer");
  request.name("peer.invalid").valid_for(ten_years);
  BOWLINE_TRY(CertificateAndKey made, make_certificate(loop, request));
  return from_texts(made);
}

Result<PeerIdentity> PeerIdentity::from_texts(const CertificateAndKey& texts) {
  BOWLINE_TRY(Identity identity, Identity::from_text(texts.certificates, texts.private_key));
  std::string id = peers::peer_id_of(identity.key_digest());
  return PeerIdentity(
      std::make_shared<const Facts>(Facts{std::move(identity), texts, std::move(id)}));
}

PeerOptions::PeerOptions(PeerIdentity identity) : identity_(std::move(identity)) {}

PeerOptions PeerOptions::by_key(std::vector<std::byte> key) {
  PeerOptions options;
  options.key_ = std::move(key);
  return options;
}

PeerOptions& PeerOptions::trust(std::string_view id) {
  // What is no id is nobody's.
  if (std::string canonical = peers::canonical_peer_id(id); !canonical.empty())
    trusted_.push_back(std::move(canonical));
  return *this;
}

bool PeerOptions::is_trusted(std::string_view id) const {
  return std::ranges::find(trusted_, id) != trusted_.end();
}

const std::string& PeerLink::peer_id() const { return facts_->peer_id; }
const std::string& PeerLink::peer_name() const { return facts_->peer_name; }
bool PeerLink::is_initiator() const { return facts_->is_initiator; }
MessageConnection PeerLink::reliable() const { return facts_->reliable; }
DatagramConnection PeerLink::best_effort() const { return facts_->best_effort; }

Result<PeerNode> PeerNode::open(Loop& loop, const PeerOptions& options) {
  auto body = std::make_shared<peers::NodeBody>(loop, options);
  BOWLINE_TRY_VOID(body->open());
  return PeerNode(std::move(body));
}

const std::string& PeerNode::id() const { return body_->id(); }
SocketAddress PeerNode::local_address() const { return body_->local_address(); }
void PeerNode::connect(const Endpoint& peer) { body_->connect(peer); }
void PeerNode::on_link(std::function<void(PeerLink)> handler) {
  body_->on_link(std::move(handler));
}
void PeerNode::on_failure(std::function<void(const Endpoint&, const Error&)> handler) {
  body_->on_failure(std::move(handler));
}

}  // namespace bowline
