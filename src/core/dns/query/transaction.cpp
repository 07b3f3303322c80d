#include "core/dns/query/transaction.h"

#include <algorithm>
#include <utility>

#include "core/dns/answer.h"
#include "core/dns/query/reply.h"

namespace bowline::core {

namespace {

/// Sockets kept listening per question; each more would help a forger's luck.
constexpr std::size_t datagrams_open_max = 6;

/// The try at which a server that stays silent is asked over TCP.
constexpr unsigned tcp_try = 3;

AnswerStatus status_of(wire::Rcode rcode) {
  return rcode == wire::Rcode::refused ? AnswerStatus::refused : AnswerStatus::servfail;
}

bool is_shortage(const Error& error) { return error.kind() == ErrorKind::resources_exhausted; }

bool dislikes_edns(wire::Rcode rcode) {
  return rcode == wire::Rcode::format_error || rcode == wire::Rcode::not_implemented ||
         rcode == wire::Rcode::bad_version;
}

std::string words_of(const wire::DnsMessage& reply) {
  const std::string extended = extended_error(reply);
  return extended.empty() ? extended : to_string(reply.rcode) + ", " + extended;
}

}  // namespace

Transaction::Transaction(OwnerId owner, Request request, Shared shared)
    : owner_(owner), request_(std::move(request)), shared_(shared) {}

void Transaction::start(Instant now) {
  for (const auto& choice : shared_.health.order(request_.servers, now, request_.interface_index)) {
    Server server;
    server.address = choice.server;
    server.probe = choice.probe;
    const auto habits = shared_.health.habits({choice.server, request_.interface_index}, now);
    server.edns = habits.edns != ServerHealth::Edns::fails;
    server.edns_works = habits.edns == ServerHealth::Edns::works;
    server.tcp_is_a_guess = habits.only_tcp && !request_.only_tcp;
    server.tcp = request_.only_tcp || habits.only_tcp;
    servers_.push_back(std::move(server));
  }
  try_next(now);
}

void Transaction::stop(Instant now) {
  close_datagrams(std::nullopt);
  if (std::exchange(on_stream_, false))
    shared_.streams.forget(owner_, now - stream_asked_ >= shared_.options.timeout_initial, now);
  deadline_.reset();
}

void Transaction::handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now) {
  const auto found = std::ranges::find(datagrams_, socket, &Datagram::socket);
  if (found == datagrams_.end()) return;
  const Datagram datagram = *found;
  auto reply = check_reply(bytes, datagram.id, request_.question);
  if (!reply.has_value() && reply.error().kind() == ErrorKind::malformed)
    return count_broken(datagram, reply.error(), now);
  if (!reply.has_value()) return count_mismatch(datagram, reply.error(), now);
  shared_.health.record_reply(known(datagram.server), now - datagram.sent, now);
  take_reply(datagram.server, *std::move(reply), {DnsTransport::udp, datagram.edns}, now);
}

void Transaction::handle_datagram_failure(SocketId socket, const Error& error, Instant now) {
  const auto found = std::ranges::find(datagrams_, socket, &Datagram::socket);
  if (found == datagrams_.end()) return;
  const std::size_t server = found->server;
  if (is_shortage(error)) {
    shared_.outbox.close_datagram(socket);
    datagrams_.erase(found);
    return suffer(server, error, now);
  }
  const bool out_of_reach =
      error.kind() == ErrorKind::refused || error.kind() == ErrorKind::unreachable;
  if (out_of_reach && shared_.health.record_silence(known(server), now))
    shared_.outbox.note(TraceKind::server_parked, to_string(servers_[server].address), error);
  decline(server, error.about(to_string(servers_[server].address)), now);
}

void Transaction::handle_stream_reply(std::span<const std::byte> message, Instant now) {
  if (!std::exchange(on_stream_, false)) return;
  const std::size_t server = current_;
  auto reply = check_reply(message, std::nullopt, request_.question);
  if (reply.has_value() && !reply->truncated) {
    shared_.health.record_reply(known(server), std::nullopt, now);
    return take_reply(server, *std::move(reply), {DnsTransport::tcp, stream_edns_}, now);
  }
  saw_malformed_ = true;
  Error error = reply.has_value() ? Error(ErrorKind::protocol_violation, "read dns reply",
                                          "a truncated reply over TCP")
                                  : reply.error();
  shared_.outbox.note(TraceKind::reply_refused, to_string(servers_[server].address), error);
  remark(server, "a broken reply by TCP, " + std::string(error.message()));
  if (servers_[server].edns && error.kind() == ErrorKind::malformed) {
    drop_edns(server, "asked without EDNS");
    return send(now);
  }
  decline(server, std::move(error), now);
}

void Transaction::handle_stream_loss(bool reused, bool was_open, const Error& error, Instant now) {
  if (!std::exchange(on_stream_, false)) return;
  // RFC 7766 section 6.2.4: a server may close an idle connection just as we use it.
  if (reused) return send_stream(now);
  if (is_shortage(error)) return suffer(current_, error, now);
  Server& server = servers_[current_];
  if (!was_open && server.tcp_is_a_guess) {
    server.tcp = server.tcp_is_a_guess = false;
    server.no_tcp = true;
    remark(current_, "not reached by TCP: asked by UDP");
    return send(now);
  }
  if (!was_open) return decline(current_, error, now);
  server.error = error;
  try_next(now);
}

void Transaction::handle_timeout(Instant now) {
  if (!deadline_.has_value() || now < *deadline_) return;
  if (now < try_ends_) return climb_down(now);
  if (note_silence(now)) try_next(now);
}

bool Transaction::note_silence(Instant now) {
  if (!deadline_.has_value() || now < try_ends_) return false;
  Server& server = servers_[current_];
  const bool has_datagram =
      std::ranges::find(datagrams_, current_, &Datagram::server) != datagrams_.end();
  if (on_stream_ || has_datagram)
    server.error =
        Error(ErrorKind::timed_out, "resolve", "no reply").about(to_string(server.address));
  server.silent = true;
  const bool over_stream = std::exchange(on_stream_, false);
  if (over_stream) shared_.streams.forget(owner_, true, now);
  const bool was_the_way = request_.only_tcp || server.tcp_is_a_guess;
  if ((over_stream ? was_the_way : has_datagram) &&
      shared_.health.record_silence(known(current_), now))
    shared_.outbox.note(TraceKind::server_parked, to_string(server.address));
  return true;
}

/// Nothing came to a first question with EDNS: some servers drop these. The same try goes on without.
void Transaction::climb_down(Instant now) {
  drop_edns(current_, "no answer with EDNS in " +
                          bowline::to_string(shared_.options.edns_patience) + ": asked without");
  send_datagram(now);
}

void Transaction::drop_edns(std::size_t index, std::string_view why) {
  servers_[index].edns = false;
  servers_[index].edns_failed = true;
  remark(index, why);
}

void Transaction::remark(std::size_t server, std::string_view words) {
  if (remarks_.size() >= Answer::remarks_max) return;
  remarks_.push_back(to_string(servers_[server].address).append(": ").append(words));
}

/// The server with the fewest tries so far, in order; nothing if none is left to ask.
std::optional<std::size_t> Transaction::next_server() const {
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Server& server = servers_[i];
    if (server.done || server.tries >= shared_.options.tries_max) continue;
    if (!next.has_value() || server.tries < servers_[*next].tries) next = i;
  }
  return next;
}

void Transaction::try_next(Instant now) {
  const auto next = next_server();
  if (!next.has_value()) return fail(now);
  current_ = *next;
  Server& server = servers_[current_];
  ++server.tries;
  if (server.silent && server.edns && !server.edns_works)
    drop_edns(current_, "no answer with EDNS: asked without");
  try_tcp_after_silence();
  send(now);
}

/// The last step of a ladder: where UDP does not come through, TCP may.
void Transaction::try_tcp_after_silence() {
  Server& server = servers_[current_];
  if (server.tries < tcp_try || !server.silent || server.tcp || server.no_tcp) return;
  server.tcp = server.tcp_is_a_guess = true;
  remark(current_, "no answer by UDP: asked by TCP");
}

void Transaction::send(Instant now) {
  if (std::exchange(on_stream_, false)) shared_.streams.forget(owner_, false, now);
  if (servers_[current_].tcp) return send_stream(now);
  try_ends_ = now + patience();
  send_datagram(now);
}

void Transaction::send_datagram(Instant now) {
  if (datagrams_.size() >= datagrams_open_max) {
    shared_.outbox.close_datagram(datagrams_.front().socket);
    datagrams_.erase(datagrams_.begin());
  }
  const Server& server = servers_[current_];
  const auto id = static_cast<std::uint16_t>(shared_.random.next() & 0xffff);
  const SocketId socket = shared_.outbox.open_datagram(owner_);
  datagrams_.push_back({socket, id, current_, now, server.edns});
  shared_.outbox.push(Resolver::SendDatagram{socket, server.address, request_.interface_index,
                                             encode(id, server.edns)});
  const bool doubtful = server.edns && !server.edns_works;
  deadline_ = doubtful ? std::min(try_ends_, now + shared_.options.edns_patience) : try_ends_;
  trace_query(server.edns ? "udp" : "udp without EDNS");
}

void Transaction::send_stream(Instant now) {
  const Server& server = servers_[current_];
  on_stream_ = true;
  stream_asked_ = now;
  stream_edns_ = server.edns;
  shared_.streams.send(owner_, server.address, request_.interface_index, encode(0, server.edns),
                       now);
  // The handshake comes first, and its packets may need repeating by the host: be as patient as allowed.
  try_ends_ = now + (server.tcp_is_a_guess ? patience() : shared_.options.timeout_max);
  deadline_ = try_ends_;
  trace_query(server.edns ? "tcp" : "tcp without EDNS");
}

std::vector<std::byte> Transaction::encode(std::uint16_t id, bool edns) const {
  wire::DnsMessage message;
  message.id = id;
  message.questions.push_back(request_.question);
  message.recursion_desired = request_.recursion;
  message.authentic_data = request_.authentic_data;
  if (edns) message.edns.emplace();
  return message.encode();
}

Duration Transaction::patience() const {
  const Server& server = servers_[current_];
  const unsigned pass = server.tries - 1;
  if (server.probe && pass == 0) return shared_.health.probe_timeout();
  const Duration patience = shared_.health.timeout(known(current_), pass);
  // With nothing left to try, impatience would only turn a slow answer into none.
  return next_server().has_value() ? patience : std::max(patience, shared_.options.timeout_initial);
}

/// A wrong packet does not end the wait for the right one; many mean that somebody is guessing (RFC
/// 5452 section 9.3).
void Transaction::count_mismatch(const Datagram& datagram, const Error& error, Instant now) {
  shared_.outbox.note(TraceKind::reply_refused, to_string(servers_[datagram.server].address),
                      error);
  saw_malformed_ = saw_malformed_ || error.kind() == ErrorKind::malformed;
  if (++mismatches_ < shared_.options.mismatches_max) return;
  for (Server& server : servers_) server.tcp = true;
  close_datagrams(std::nullopt);
  send(now);
}

/// What has our id, and is broken where it decides, will hardly get better by waiting: the next step of
/// the ladder is taken, while the earlier sockets go on listening.
void Transaction::count_broken(const Datagram& datagram, const Error& error, Instant now) {
  const std::size_t index = datagram.server;
  const unsigned before = mismatches_;
  remark(
      index,
      std::string("a broken reply, ").append(error.subject()).append(": ").append(error.message()));
  count_mismatch(datagram, error, now);
  Server& server = servers_[index];
  if (before + 1 >= shared_.options.mismatches_max || index != current_ || on_stream_) return;
  if (server.edns) {
    drop_edns(index, "asked without EDNS");
  } else if (!server.no_tcp) {
    server.tcp = true;
    remark(index, "asked by TCP");
  } else {
    return;
  }
  send(now);
}

void Transaction::take_reply(std::size_t index, wire::DnsMessage reply, Way way, Instant now) {
  Server& server = servers_[index];
  if (way.edns && server.edns && doubts_edns(server, reply)) {
    drop_edns(index, to_string(reply.rcode) + " to a question with EDNS: asked without");
    return ask_again(index, now);
  }
  if (reply.truncated && way.transport == DnsTransport::udp) {
    server.tcp = true;
    server.tcp_is_a_guess = false;
    remark(index, "truncated: asked by TCP");
    return ask_again(index, now);
  }
  const wire::Rcode rcode = reply.rcode;
  const bool refers = request_.recursion && is_referral(reply);
  Outcome outcome;
  outcome.server = server.address;
  outcome.transport = way.transport;
  outcome.facts = facts_of(reply);
  if (!is_refusal(rcode) && !refers) {
    learn_habits(index, way, now);
    outcome.reply = std::move(reply);
    return finish(std::move(outcome), now);
  }
  outcome.failure = status_of(rcode);
  const std::string words = refers ? "the server only refers to others" : words_of(reply);
  Error error = answer_error(outcome.failure, to_string(request_.question.name), words, rcode);
  outcome.error = error;
  declined_ = std::move(outcome);
  decline(index, std::move(error), now);
}

/// Some say that they do not understand; others fail or refuse, and do not send the OPT record that all who
/// understand it send (RFC 6891 section 7).
bool Transaction::doubts_edns(const Server& server, const wire::DnsMessage& reply) {
  if (dislikes_edns(reply.rcode)) return true;
  return is_refusal(reply.rcode) && !server.edns_works && !reply.edns.has_value();
}

void Transaction::learn_habits(std::size_t index, Way way, Instant now) {
  const Server& server = servers_[index];
  if (way.edns)
    shared_.health.record_edns(known(index), true, now);
  else if (server.edns_failed)
    shared_.health.record_edns(known(index), false, now);
  if (way.transport == DnsTransport::tcp && server.tcp_is_a_guess)
    shared_.health.record_only_tcp(known(index), now);
}

/// Puts the question to the same server in another way: it answered, so this is not a new try.
void Transaction::ask_again(std::size_t server, Instant now) {
  close_datagrams(server);
  current_ = server;
  send(now);
}

void Transaction::decline(std::size_t index, Error error, Instant now) {
  servers_[index].done = true;
  servers_[index].error = std::move(error);
  close_datagrams(index);
  // A late word from a server given up earlier does not disturb the one that is being asked now.
  if (index == current_) try_next(now);
}

/// This host could not ask, which says nothing about the server. While earlier questions are out there is
/// hope, and later another try; otherwise whoever asked had better come again.
void Transaction::suffer(std::size_t server, const Error& error, Instant now) {
  servers_[server].error = error;
  if (!datagrams_.empty() || on_stream_) return;
  const DnsTransport transport = servers_[current_].tcp ? DnsTransport::tcp : DnsTransport::udp;
  Outcome outcome;
  outcome.failure = AnswerStatus::timeout;
  outcome.error = error.about(to_string(request_.question.name));
  outcome.server = servers_[current_].address;
  outcome.transport = transport;
  finish(std::move(outcome), now);
}

void Transaction::close_datagrams(std::optional<std::size_t> server) {
  std::erase_if(datagrams_, [&](const Datagram& datagram) {
    const bool close = !server.has_value() || datagram.server == *server;
    if (close) shared_.outbox.close_datagram(datagram.socket);
    return close;
  });
}

void Transaction::finish(Outcome outcome, Instant now) {
  stop(now);
  outcome_ = std::move(outcome);
  outcome_->remarks = std::move(remarks_);
}

void Transaction::fail(Instant now) {
  if (declined_.has_value()) return finish(*std::exchange(declined_, std::nullopt), now);
  const AnswerStatus status = saw_malformed_ ? AnswerStatus::malformed : AnswerStatus::timeout;
  std::vector<Error> attempts;
  for (Server& server : servers_)
    if (server.error.has_value()) attempts.push_back(std::move(*server.error));
  Error error = answer_error(
      status, to_string(request_.question.name),
      saw_malformed_ ? "no server sent a reply that makes sense" : "no server answered");
  Outcome outcome;
  outcome.failure = status;
  outcome.error = std::move(error).with_attempts(std::move(attempts));
  outcome.server = servers_[current_].address;
  outcome.transport = on_stream_ || servers_[current_].tcp ? DnsTransport::tcp : DnsTransport::udp;
  finish(std::move(outcome), now);
}

void Transaction::trace_query(const char* transport) const {
  if (!shared_.outbox.traces()) return;
  const Server& server = servers_[current_];
  shared_.outbox.note(TraceKind::query_sent, to_string(request_.question.name) + ' ' +
                                                 to_string(request_.question.type) + " to " +
                                                 to_string(server.address) + " by " + transport +
                                                 ", try " + std::to_string(server.tries));
}

}  // namespace bowline::core
