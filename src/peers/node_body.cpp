#include "peers/node_body.h"

#include <utility>

#include <bowline/framed_stacks.h>
#include <bowline/trust.h>

#include "peers/peer_id.h"

namespace bowline::peers {

namespace {

constexpr const char* link_key_name = "peers";

TlvFraming link_framing() { return TlvFraming().type_bytes(1).length_bytes(4); }

}  // namespace

NodeBody::NodeBody(Loop& loop, const PeerOptions& options)
    : loop_(loop), ground_(loop), options_(options) {
  ground_.fill_random(own_.instance);
  own_.name = options.name();
  if (options.identity()) {
    own_.id = options.identity()->id();
  } else {
    Octets16 chance;
    ground_.fill_random(chance);
    own_.id = peer_id_of(chance);
  }
}

NodeBody::~NodeBody() {
  for (const auto& introduction : introductions_) introduction->stop();
}

Result<void> NodeBody::open() {
  constexpr std::size_t key_bytes_min = 16;
  if (options_.name().size() > hello_name_bytes_max)
    return Error(ErrorKind::invalid_argument, "peer link", "a name has at most 128 octets");
  if (!options_.identity() && options_.key().size() < key_bytes_min)
    return Error(ErrorKind::invalid_argument, "peer link", "a key has 16 bytes at least");
  BOWLINE_TRY(listener_, listen(loop_, options_.local(),
                                type_length_value(tls(tcp(), security()), link_framing())));
  listener_.on_connection([this](MessageConnection connection) {
    if (introductions_.size() >= introductions_max) return connection.abort();
    introduce(std::move(connection), Introduction::Side::was_connected_to, std::nullopt);
  });
  return {};
}

/// No authority vouches for anybody here: what counts is the key.
SecurityOptions NodeBody::security() const {
  SecurityOptions security;
  security.alpn({"bowline-peer"}).system_roots(false).resume(false);
  if (!options_.identity()) return security.preshared_key(link_key_name, options_.key());
  security.identity(options_.identity()->identity())
      .client_certificates(ClientCertificates::required)
      .verify_refused()
      .verify([options = options_](PeerQuestion question) {
        const auto& chain = question.report().chain();
        if (chain.empty()) return question.refuse("the peer shows no certificate");
        const std::string id = peer_id_of(chain.front().key_digest());
        const bool is_welcome =
            options.is_trusted(id) || (options.on_stranger() && options.on_stranger()(id));
        if (is_welcome) return question.accept();
        question.refuse("nobody here knows " + id);
      });
  return security;
}

void NodeBody::connect(const Endpoint& peer) {
  introduce(bowline::connect(loop_, peer, type_length_value(tls(tcp(), security()), link_framing()),
                             Parameters().connect_within(std::chrono::seconds(30))),
            Introduction::Side::connected, peer);
}

void NodeBody::introduce(MessageConnection connection, Introduction::Side side,
                         std::optional<Endpoint> endpoint) {
  Introduction::Judge& judge = *this;
  auto introduction = std::make_shared<Introduction>(
      loop_, std::move(connection), side, own_, judge,
      [ground = ground_](std::span<std::byte> bytes) { ground.fill_random(bytes); });
  introduction->endpoint = std::move(endpoint);
  introductions_.push_back(introduction);
  introduction->start();
}

/// The first that comes to this question becomes the link, unless the peer has begun anew since.
bool NodeBody::wants_link(const Introduction& introduction) {
  Known& known = known_[introduction.peer().id];
  const bool is_same_start = known.instance == introduction.peer().instance;
  const auto link = known.link.lock();
  if (is_same_start && (known.introduction != nullptr || (link && link->is_alive()))) return false;
  if (link) link->reliable.abort();
  known = {{}, &introduction, introduction.peer().instance};
  return true;
}

void NodeBody::handle_link(Introduction& introduction, std::shared_ptr<LinkFacts> link) {
  const auto self = shared_from_this();
  Known& known = known_[link->peer_id];
  known = {link, nullptr, link->peer_instance};
  forget(introduction);
  if (on_link_) on_link_(PeerLink(std::move(link)));
}

void NodeBody::handle_failure(Introduction& introduction, const Error& error) {
  const auto self = shared_from_this();
  const std::optional<Endpoint> endpoint = introduction.endpoint;
  const auto known = known_.find(introduction.peer().id);
  if (known != known_.end() && known->second.introduction == &introduction) known_.erase(known);
  forget(introduction);
  if (endpoint && on_failure_) on_failure_(*endpoint, error);
}

/// Those that are gone leave nothing behind either.
void NodeBody::forget(const Introduction& introduction) {
  introductions_.remove_if([&](const auto& each) { return each.get() == &introduction; });
  std::erase_if(known_, [](const auto& entry) {
    return entry.second.introduction == nullptr && entry.second.link.expired();
  });
}

}  // namespace bowline::peers
