#include "core/http/http1/server.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "wire/http/characters.h"
#include "wire/http1/writer.h"

namespace bowline::core {

namespace {

using Event = wire::Http1Parser::Event;

Error over() { return {ErrorKind::closed, "send response", "the stream is over"}; }

}  // namespace

std::unique_ptr<HttpConnection> make_http1_server(HttpConnection::Options options) {
  return std::make_unique<Http1Server>(options);
}

Http1Server::Http1Server(Options options)
    : options_(options),
      parser_(wire::Http1Parser::Role::requests, options.limits),
      sender_(outbox_),
      pace_(options.body_rate_min, options.body_grace) {}

void Http1Server::start(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  // The first request has to come as if it had begun with the connection.
  request_due_ = now + bounded(options_.head_timeout);
}

Result<HttpConnection::StreamId> Http1Server::send_request(const wire::RequestHead&,
                                                           const RequestForm&, Instant) {
  assert(false && "a server sends no requests");
  return StreamId{0};
}

Result<void> Http1Server::send_response(StreamId stream, const wire::ResponseHead& head,
                                        HttpBodySize body, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream)) return over();
  if (responding_ != Responding::nothing)
    return Error(ErrorKind::invalid_argument, "send response", "a second final response");
  if (head.is_interim()) return send_interim(head, now);
  return is_tunnel_answer(head.status) ? open_tunnel(head, now) : send_final(head, body, now);
}

/// HTTP/1.0 does not know them.
Result<void> Http1Server::send_interim(const wire::ResponseHead& head, Instant now) {
  if (peer_version_ == wire::HttpVersion::http1_0) return {};
  std::string text;
  BOWLINE_TRY_VOID(wire::write_response_head(text, head, {}));
  outbox_.write(text, now);
  if (head.status == 100) is_waiting_for_continue_ = false;
  update_pace(now);
  return {};
}

bool Http1Server::is_tunnel_answer(int status) const {
  const bool is_success = status >= 200 && status < 300;
  return (status == 101 && !protocol_.empty()) || (method_ == "CONNECT" && is_success);
}

Result<void> Http1Server::open_tunnel(const wire::ResponseHead& head, Instant now) {
  std::string text;
  BOWLINE_TRY_VOID(wire::write_response_head(
      text, head,
      {.framing = {wire::BodyKind::tunnel}, .upgrade = head.status == 101 ? protocol_ : ""}));
  outbox_.write(text, now);
  is_tunnel_ = true;
  responding_ = Responding::body;
  receiving_ = has_input_ended_ ? Receiving::nothing : Receiving::body;
  pace_.stop();
  sender_.begin({wire::BodyKind::tunnel});
  retire(NotReused::became_tunnel);
  outbox_.put(TunnelOpened{stream_});
  if (has_input_ended_) outbox_.put(MessageEnded{stream_, {}});
  return {};
}

Result<void> Http1Server::send_final(const wire::ResponseHead& head, HttpBodySize size,
                                     Instant now) {
  const wire::BodyFraming framing = framing_for(head.status, size);
  // A client that was not told to go on may send its body or not: what comes next could be either.
  const bool closes = closes_ || is_waiting_for_continue_ || has_input_ended_ ||
                      framing.kind == wire::BodyKind::until_close || method_ == "CONNECT";
  const bool is_head = method_ == "HEAD";
  std::string text;
  BOWLINE_TRY_VOID(wire::write_response_head(
      text, head,
      {.framing = framing, .is_answer_to_head = is_head, .closes = closes, .peer = peer_version_}));
  outbox_.write(text, now);
  closes_ = closes;
  if (closes) retire(NotReused::we_close);
  responding_ = Responding::body;
  sender_.begin(framing);
  if (is_head || head.status == 204 || head.status == 304) sender_.drop();
  if (sender_.is_done()) finish_response(now);
  return {};
}

wire::BodyFraming Http1Server::framing_for(int status, HttpBodySize size) const {
  if (status == 204) return {};
  if (size.is_unknown() && peer_version_ == wire::HttpVersion::http1_0)
    return {wire::BodyKind::until_close};
  return framing_of(size);
}

Result<std::size_t> Http1Server::send_body(StreamId stream, std::span<const std::byte> bytes,
                                           Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream)) return bytes.size();
  return sender_.send(bytes, room(stream), now);
}

Result<void> Http1Server::end_body(StreamId stream, const HttpFields& trailers, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream) || responding_ != Responding::body) return {};
  const auto ended = sender_.end(trailers, now);
  if (!ended.has_value()) {
    fail(ended.error());
    return ended.error();
  }
  if (is_tunnel_) outbox_.put(OutputEnded{});
  finish_response(now);
  return {};
}

/// The response is sent; the stream is over once the request has been read too.
void Http1Server::finish_response(Instant now) {
  responding_ = Responding::done;
  const bool has_read_all = receiving_ == Receiving::nothing;
  if (has_read_all || (closes_ && !is_tunnel_)) return finish_stream(now);
  if (is_tunnel_) return;
  // The rest of the request is read, so that the next one can be found behind it.
  discarded_ = unconsumed_ = 0;
  update_pace(now);
}

void Http1Server::finish_stream(Instant now) {
  has_stream_ = false;
  pace_.stop();
  outbox_.put(StreamDone{stream_});
  if (closes_ || is_tunnel_ || retired_) return close(std::nullopt);
  receiving_ = Receiving::head;
  responding_ = Responding::nothing;
  is_head_begun_ = false;
  request_due_ = now + bounded(options_.idle_timeout);
}

void Http1Server::cancel(StreamId stream, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream)) return;
  has_stream_ = false;
  retire(NotReused::we_close);
  close(std::nullopt);
}

void Http1Server::mark_consumed(StreamId, std::size_t count, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  unconsumed_ -= std::min(unconsumed_, count);
  update_pace(now);
}

void Http1Server::set_priority(StreamId, const HttpPriority&, Instant now) {
  contract_.check(!outbox_.has_output(), now);
}

void Http1Server::shutdown(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_) return;
  closes_ = true;
  retire(NotReused::we_close);
  if (!has_stream_) close(std::nullopt);
}

bool Http1Server::wants_input() const {
  if (is_over_ || is_tunnel_) return unconsumed_ < options_.unconsumed_max;
  // The next request waits until this one is answered.
  return receiving_ != Receiving::nothing && unconsumed_ < options_.unconsumed_max;
}

std::size_t Http1Server::handle_input(std::span<const std::byte> bytes, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  const std::size_t size = bytes.size();
  while (!is_over_) {
    if (is_tunnel_) return size - bytes.size() + handle_tunnel_input(bytes);
    if (receiving_ == Receiving::nothing) return size - bytes.size();
    if (receiving_ == Receiving::head && !bytes.empty() && !std::exchange(is_head_begun_, true))
      request_due_ = now + bounded(options_.head_timeout);
    const auto step = parser_.parse(bytes);
    if (!step.has_value()) {
      refuse(step.error(), now);
      return size;
    }
    bytes = bytes.subspan(step->consumed);
    if (!take(*step, now)) break;
  }
  update_pace(now);
  return is_over_ ? size : size - bytes.size();
}

/// False if there is nothing more to be had.
bool Http1Server::take(const wire::Http1Parser::Step& step, Instant now) {
  switch (step.event) {
    case Event::more: return false;
    case Event::head: handle_head(now); return !parser_.is_tunnel();
    case Event::body: handle_body(step.body); return true;
    case Event::end: handle_message_end(now); return true;
  }
  return false;
}

void Http1Server::handle_head(Instant now) {
  const wire::BodyFraming framing = parser_.framing();
  wire::RequestHead& head = parser_.request();
  ++stream_;
  has_stream_ = true;
  request_due_.reset();
  responding_ = Responding::nothing;
  unconsumed_ = discarded_ = 0;
  method_ = head.method;
  protocol_ = head.protocol;
  peer_version_ = head.version;
  if (!wire::keeps_alive(head.version, head.fields)) closes_ = true;
  const bool has_body = framing.kind != wire::BodyKind::none;
  receiving_ = framing.kind == wire::BodyKind::tunnel ? Receiving::nothing : Receiving::body;
  is_waiting_for_continue_ = has_body && head.version != wire::HttpVersion::http1_0 &&
                             head.fields.has_member("Expect", "100-continue");
  if (has_body) pace_.start(now);
  outbox_.put(RequestReceived{stream_, std::move(head), has_body});
}

void Http1Server::handle_body(std::span<const std::byte> body) {
  pace_.handle_octets(body.size());
  is_waiting_for_continue_ = false;  // it did not wait
  if (responding_ == Responding::done) {
    discarded_ += body.size();
    if (discarded_ <= options_.discarded_max) return;
    retire(NotReused::we_close);
    has_stream_ = false;
    outbox_.put(StreamDone{stream_});
    return close(std::nullopt);
  }
  unconsumed_ += body.size();
  outbox_.put(BodyReceived{stream_, body});
}

void Http1Server::handle_message_end(Instant now) {
  receiving_ = Receiving::nothing;
  pace_.stop();
  is_waiting_for_continue_ = false;
  if (responding_ == Responding::done) return finish_stream(now);
  outbox_.put(MessageEnded{stream_, std::move(parser_.trailers())});
}

std::size_t Http1Server::handle_tunnel_input(std::span<const std::byte> bytes) {
  if (bytes.empty() || has_input_ended_) return bytes.size();
  unconsumed_ += bytes.size();
  outbox_.put(BodyReceived{stream_, bytes});
  return bytes.size();
}

void Http1Server::handle_tunnel_end(std::optional<Error> cut_off) {
  if (cut_off) return fail(*std::move(cut_off));
  receiving_ = Receiving::nothing;
  outbox_.put(MessageEnded{stream_, {}});
  if (responding_ != Responding::done) return;
  has_stream_ = false;
  outbox_.put(StreamDone{stream_});
  close(std::nullopt);
}

/// What cannot be read is answered, unless an answer is under way, and nothing is read behind it.
void Http1Server::refuse(const Error& error, Instant now) {
  if (responding_ == Responding::nothing) {
    wire::ResponseHead head;
    head.status = error.domain() == ErrorDomain::http ? static_cast<int>(error.code()) : 400;
    std::string text;
    if (wire::write_response_head(text, head, {.closes = true}).has_value())
      outbox_.write(text, now);
  }
  fail(error);
}

void Http1Server::handle_end(std::optional<Error> cut_off, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_ || std::exchange(has_input_ended_, true)) return;
  if (is_tunnel_) return handle_tunnel_end(std::move(cut_off));
  if (cut_off && has_stream_) return fail(*std::move(cut_off));
  retire(NotReused::peer_closed);
  const auto ended = parser_.handle_end();
  if (!ended.has_value()) return fail(ended.error());
  // A client may end its side behind its last request, and still read the answer.
  closes_ = true;
  if (!has_stream_) close(std::nullopt);
}

void Http1Server::handle_timeout(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_) return;
  const auto waiting = outbox_.waiting_since();
  if (waiting && *waiting + bounded(options_.write_timeout) <= now)
    return fail({ErrorKind::timed_out, "http", "the peer takes nothing"});
  const auto pace = pace_.deadline();
  if (pace && *pace <= now)
    return refuse(
        {ErrorKind::timed_out, ErrorDomain::http, 408, "http", "the body comes too slowly"}, now);
  if (!request_due_ || *request_due_ > now) return;
  if (is_head_begun_)
    return refuse(
        {ErrorKind::timed_out, ErrorDomain::http, 408, "http", "the head comes too slowly"}, now);
  retire(NotReused::we_close);
  close(std::nullopt);
}

std::optional<Instant> Http1Server::deadline() const {
  if (is_over_) return std::nullopt;
  std::optional<Instant> next = request_due_;
  const auto add = [&next](std::optional<Instant> other) {
    if (other) next = next ? std::min(*next, *other) : *other;
  };
  add(pace_.deadline());
  if (const auto waiting = outbox_.waiting_since()) add(*waiting + bounded(options_.write_timeout));
  return next;
}

void Http1Server::update_pace(Instant now) {
  pace_.set_paused(!wants_input() || is_waiting_for_continue_, now);
}

void Http1Server::mark_written(std::size_t count, Instant now) {
  const bool was_full = has_stream_ && responding_ == Responding::body && room(stream_) == 0;
  outbox_.mark_written(count, now);
  if (was_full && !is_over_ && !sender_.is_done() && room(stream_) > 0)
    outbox_.put(RoomMade{stream_});
}

std::size_t Http1Server::room(StreamId stream) const {
  if (!is_current(stream) || responding_ != Responding::body || sender_.is_done()) return 0;
  if (sender_.is_dropping()) return options_.unwritten_max;
  return options_.unwritten_max - std::min(outbox_.unwritten_size(), options_.unwritten_max);
}

std::optional<NotReused> Http1Server::not_reused() const { return retired_; }

void Http1Server::retire(NotReused reason) {
  if (retired_) return;
  retired_ = reason;
  outbox_.put(Closing{reason});
}

void Http1Server::close(std::optional<Error> error) {
  is_over_ = true;
  pace_.stop();
  outbox_.put(Closed{std::move(error)});
}

void Http1Server::fail(Error error) {
  retire(NotReused::broken);
  if (std::exchange(has_stream_, false))
    outbox_.put(StreamFailed{stream_, error, HttpRetry::never});
  close(std::move(error));
}

}  // namespace bowline::core
