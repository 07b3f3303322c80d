#include "peers/introduction.h"

#include <bowline/security.h>
#include <bowline/security_report.h>
#include <bowline/several.h>

#include <utility>

#include "peers/peer_id.h"

namespace bowline::peers {

namespace {

constexpr Duration introduction_within = std::chrono::seconds(10);
constexpr Duration datagrams_within = std::chrono::seconds(3);
constexpr const char* datagram_key_name = "peer-link";

Error odd_peer(const char* what) { return Error(ErrorKind::protocol_violation, "peer link", what); }

SecurityOptions by_datagram_key(const Octets32& key) {
  return SecurityOptions().preshared_key(datagram_key_name, key);
}

}  // namespace

Introduction::Introduction(Loop& loop, MessageConnection connection, Side side, const Hello& own,
                           Judge& judge, std::function<void(std::span<std::byte>)> fill_random)
    : loop_(loop), side_(side), own_(own), judge_(&judge), fill_random_(std::move(fill_random)) {
  link_->reliable = std::move(connection);
  link_->is_initiator = side == Side::connected;
}

void Introduction::start() {
  ready_ = link_->reliable.ready();
  ready_.start([self = shared_from_this()](const Result<void>& ready) {
    if (!ready.has_value()) return self->fail(ready.error());
    self->handle_ready();
  });
}

void Introduction::stop() {
  judge_ = nullptr;
  ready_ = {};
  hearing_ = {};
  deadline_ = {};
  accepting_ = {};
  datagrams_ready_ = {};
  link_->reliable.cancel();
}

void Introduction::say(Word word, std::vector<std::byte> bytes) {
  link_->reliable
      .send(Buffer::own(std::move(bytes)),
            MessageContext().number(static_cast<std::uint32_t>(word)))
      .detach();
}

/// The next message has to be this word.
void Introduction::hear(Word word, void (Introduction::*then)(std::span<const std::byte>)) {
  hearing_ = link_->reliable.receive();
  hearing_.start([self = shared_from_this(), word, then](Result<Message> got) {
    if (!got.has_value()) return self->fail(got.error());
    if (got->end_of_stream())
      return self->fail(Error(ErrorKind::closed, "peer link", "the peer ended the connection"));
    if (got->context().number() != static_cast<std::uint32_t>(word))
      return self->fail(odd_peer("the peer says something out of turn"));
    ((*self).*then)(got->bytes());
  });
}

void Introduction::handle_ready() {
  deadline_ = loop_.sleep(introduction_within);
  deadline_.start([self = shared_from_this()](const Result<void>&) {
    self->fail(
        Error(ErrorKind::timed_out, "peer link", "the peer did not introduce itself in time"));
  });
  const auto security = link_->reliable.security();
  if (security && !security->peer_chain().empty())
    proven_id_ = peer_id_of(security->peer_chain().front().key_digest());
  say(Word::hello, write_hello(own_));
  hear(Word::hello, &Introduction::handle_hello);
}

void Introduction::handle_hello(std::span<const std::byte> bytes) {
  auto read = read_hello(bytes);
  if (!read.has_value()) return fail(read.error());
  peer_ = *std::move(read);
  if (!proven_id_.empty() && proven_id_ != peer_.id)
    return fail(Error(ErrorKind::untrusted, "peer link", "the peer says it is somebody else"));
  if (peer_.id == own_.id) return fail(odd_peer("this is ourselves"));
  link_->peer_id = peer_.id;
  link_->peer_name = peer_.name;
  link_->peer_instance = peer_.instance;
  if (own_.id < peer_.id) {
    const bool is_wanted = judge_->wants_link(*this);
    say(is_wanted ? Word::link : Word::duplicate, {});
    if (is_wanted) return begin_datagrams();
    // The word is on its way before the connection ends.
    link_->reliable.close().detach([kept = link_](const Result<void>&) {});
    return fail(Error(ErrorKind::closed, "peer link", "there is a link with this peer"));
  }
  hearing_ = link_->reliable.receive();
  hearing_.start([self = shared_from_this()](Result<Message> got) {
    if (!got.has_value()) return self->fail(got.error());
    self->handle_verdict(static_cast<Word>(got->context().number()));
  });
}

void Introduction::handle_verdict(Word word) {
  if (word == Word::link) return begin_datagrams();
  if (word == Word::duplicate)
    return fail(Error(ErrorKind::closed, "peer link", "there is a link with this peer"));
  fail(odd_peer("the peer says something out of turn"));
}

void Introduction::begin_datagrams() {
  if (side_ == Side::was_connected_to) return offer_datagrams();
  hear(Word::datagrams, &Introduction::handle_place);
}

/// A socket for this peer alone, and a key that only the two know.
void Introduction::offer_datagrams() {
  DatagramPlace place;
  fill_random_(place.key);
  const auto local = link_->reliable.local_address();
  auto opened = local ? listen(loop_, Endpoint(SocketAddress(local->ip, 0)),
                               dtls(udp(), by_datagram_key(place.key)))
                      : Result<Listener<DatagramConnection>>(odd_peer("the connection is gone"));
  if (opened.has_value()) {
    datagrams_ = *std::move(opened);
    datagrams_.limit_open(1);
    place.port = datagrams_.local_address().port;
  }
  say(Word::datagrams, write_place(place));
  if (place.port == 0) return finish();
  accepting_ = datagrams_.accept();
  accepting_.start([self = shared_from_this()](Result<DatagramConnection> accepted) {
    if (accepted.has_value()) self->link_->best_effort = *std::move(accepted);
    self->finish();
  });
  deadline_ = loop_.sleep(datagrams_within);
  deadline_.start([self = shared_from_this()](const Result<void>&) { self->finish(); });
}

void Introduction::handle_place(std::span<const std::byte> bytes) {
  const auto place = read_place(bytes);
  if (!place.has_value()) return fail(place.error());
  const auto remote = link_->reliable.remote_address();
  if (place->port == 0 || !remote) return finish();
  link_->best_effort = connect(loop_, Endpoint(SocketAddress(remote->ip, place->port)),
                               dtls(udp(), by_datagram_key(place->key)),
                               Parameters().wait(Waiting::never).connect_within(datagrams_within));
  datagrams_ready_ = link_->best_effort.ready();
  datagrams_ready_.start([self = shared_from_this()](const Result<void>& ready) {
    // A network that keeps UDP out is none that keeps the peers apart.
    if (!ready.has_value()) self->link_->best_effort = {};
    self->finish();
  });
}

void Introduction::finish() {
  if (judge_ == nullptr) return;
  const auto self = shared_from_this();
  deadline_ = {};
  accepting_ = {};
  if (datagrams_) datagrams_.close();
  std::exchange(judge_, nullptr)->handle_link(*this, std::move(link_));
}

void Introduction::fail(const Error& error) {
  if (judge_ == nullptr) return;
  const auto self = shared_from_this();
  deadline_ = {};
  hearing_ = {};
  accepting_ = {};
  datagrams_ready_ = {};
  if (error.kind() != ErrorKind::closed) link_->reliable.abort();
  std::exchange(judge_, nullptr)->handle_failure(*this, error);
}

}  // namespace bowline::peers
