#include "core/http/http1/client.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "wire/http1/writer.h"

namespace bowline::core {

namespace {

using Event = wire::Http1Parser::Event;

Error refused_request(NotReused reason) {
  return {ErrorKind::not_ready, "send request", std::string(to_string(reason))};
}

/// What the peer may take for a request of another client is not sent: HTTP/1 asks for a protocol by GET.
std::string_view method_on_the_wire(const wire::RequestHead& head) {
  return head.is_connect() && !head.protocol.empty() ? "GET" : std::string_view(head.method);
}

wire::RequestHead with_fields_of(const wire::RequestHead& head,
                                 const HttpConnection::RequestForm& form) {
  wire::RequestHead whole = head;
  const std::string priority = to_string(form.priority);
  // These are characters that any field may have.
  if (!priority.empty() && !head.fields.contains("Priority"))
    static_cast<void>(whole.fields.add("Priority", priority));
  if (form.expects_continue && !head.fields.contains("Expect"))
    static_cast<void>(whole.fields.add("Expect", "100-continue"));
  return whole;
}

}  // namespace

std::unique_ptr<HttpConnection> make_http1_client(HttpConnection::Options options) {
  return std::make_unique<Http1Client>(options);
}

Http1Client::Http1Client(Options options)
    : options_(options),
      parser_(wire::Http1Parser::Role::responses, options.limits),
      sender_(outbox_) {}

void Http1Client::start(Instant now) { contract_.check(!outbox_.has_output(), now); }

Result<HttpConnection::StreamId> Http1Client::send_request(const wire::RequestHead& head,
                                                           const RequestForm& form, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (const auto reason = not_reused()) return refused_request(*reason);
  const wire::BodyFraming framing = framing_of(form.body);
  const bool waits = form.expects_continue && framing.kind != wire::BodyKind::none;
  RequestForm own_form = form;
  own_form.expects_continue = waits;
  std::string text;
  BOWLINE_TRY_VOID(wire::write_request_head(text, with_fields_of(head, own_form),
                                            {.framing = framing, .is_absolute = form.is_absolute}));
  outbox_.write(text, now);
  parser_.expect_response_to(method_on_the_wire(head));
  sender_.begin(framing);
  has_stream_ = true;
  is_answered_ = has_response_begun_ = false;
  interim_count_ = 0;
  unconsumed_ = 0;
  asks_for_protocol_ = !head.protocol.empty();
  continue_at_.reset();
  if (waits) continue_at_ = now + bounded(options_.continue_wait);
  return ++stream_;
}

Result<void> Http1Client::send_response(StreamId, const wire::ResponseHead&, HttpBodySize,
                                        Instant) {
  assert(false && "a client sends no responses");
  return {};
}

Result<std::size_t> Http1Client::send_body(StreamId stream, std::span<const std::byte> bytes,
                                           Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream)) return bytes.size();
  return sender_.send(bytes, room(stream), now);
}

Result<void> Http1Client::end_body(StreamId stream, const HttpFields& trailers, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream) || sender_.is_done()) return {};
  const auto ended = sender_.end(trailers, now);
  if (!ended.has_value()) {
    fail(ended.error(), HttpRetry::never);
    return ended.error();
  }
  continue_at_.reset();
  if (is_tunnel_) outbox_.put(OutputEnded{});
  finish_stream_if_done();
  return {};
}

void Http1Client::cancel(StreamId stream, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_current(stream)) return;
  has_stream_ = false;
  retire(NotReused::we_close);
  close();
}

void Http1Client::mark_consumed(StreamId, std::size_t count, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  unconsumed_ -= std::min(unconsumed_, count);
}

// It was said in the head; in HTTP/1 nothing can be added later.
void Http1Client::set_priority(StreamId, const HttpPriority&, Instant now) {
  contract_.check(!outbox_.has_output(), now);
}

void Http1Client::shutdown(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_) return;
  retire(NotReused::we_close);
  if (!has_stream_) close();
}

std::size_t Http1Client::handle_input(std::span<const std::byte> bytes, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (!is_over_) read(bytes);
  return bytes.size();
}

void Http1Client::read(std::span<const std::byte> bytes) {
  for (;;) {
    if (is_tunnel_) return handle_tunnel_input(bytes);
    if (!has_stream_ || is_answered_) {
      // Threat 30: it could be taken for the answer to the next request.
      if (bytes.empty()) return;
      retire(NotReused::unasked_octets);
      Error error(ErrorKind::protocol_violation, "http", "octets that nobody asked for");
      return fail(std::move(error), HttpRetry::never);
    }
    const auto step = parser_.parse(bytes);
    const auto handled = step.has_value() ? handle_step(*step) : Result<void>(step.error());
    if (!handled.has_value()) return fail(handled.error(), HttpRetry::never);
    bytes = bytes.subspan(step->consumed);
    if (step->event == Event::more && !is_tunnel_) return;
    if (is_over_) return;
  }
}

Result<void> Http1Client::handle_step(const wire::Http1Parser::Step& step) {
  switch (step.event) {
    case Event::more: return {};
    case Event::head: return handle_head();
    case Event::body:
      unconsumed_ += step.body.size();
      outbox_.put(BodyReceived{stream_, step.body});
      return {};
    case Event::end: handle_message_end(); return {};
  }
  return {};
}

Result<void> Http1Client::handle_head() {
  has_response_begun_ = true;
  if (parser_.response().is_interim()) return handle_interim();
  if (parser_.response().status == 101 && !asks_for_protocol_)
    return Error(ErrorKind::protocol_violation, ErrorDomain::http, 101, "http",
                 "the peer changes the protocol without being asked");
  handle_final();
  return {};
}

Result<void> Http1Client::handle_interim() {
  if (++interim_count_ > options_.interim_max)
    return Error(ErrorKind::limit_exceeded, ErrorDomain::http, parser_.response().status, "http",
                 "too many interim responses");
  const int status = parser_.response().status;
  outbox_.put(ResponseReceived{stream_, std::move(parser_.response())});
  if (status == 100 && std::exchange(continue_at_, std::nullopt)) outbox_.put(RoomMade{stream_});
  return {};
}

void Http1Client::handle_final() {
  const wire::BodyFraming framing = parser_.framing();
  const wire::ResponseHead& head = parser_.response();
  const int status = head.status;
  if (!wire::keeps_alive(head.version, head.fields)) retire(NotReused::peer_closes);
  if (framing.kind == wire::BodyKind::until_close) retire(NotReused::body_until_close);
  outbox_.put(ResponseReceived{stream_, std::move(parser_.response())});
  if (framing.kind == wire::BodyKind::tunnel) {
    is_tunnel_ = true;
    retire(NotReused::became_tunnel);
    sender_.begin(framing);
    continue_at_.reset();
    outbox_.put(TunnelOpened{stream_});
    return;
  }
  const bool waits = continue_at_.has_value();
  if (!sender_.is_done() && (waits || status >= 300 || retired_)) stop_sending();
}

/// The answer came before the request was sent whole. What is missing can then never be sent as the next
/// request's beginning would, so that the connection ends with this answer.
void Http1Client::stop_sending() {
  continue_at_.reset();
  sender_.drop();
  retire(NotReused::request_unfinished);
  outbox_.put(BodyUnwanted{stream_});
}

void Http1Client::handle_message_end() {
  is_answered_ = true;
  outbox_.put(MessageEnded{stream_, std::move(parser_.trailers())});
  finish_stream_if_done();
}

void Http1Client::finish_stream_if_done() {
  if (!has_stream_ || !is_answered_ || (!sender_.is_done() && !sender_.is_dropping())) return;
  has_stream_ = false;
  outbox_.put(StreamDone{stream_});
  if (retired_) close();
}

void Http1Client::handle_tunnel_input(std::span<const std::byte> bytes) {
  if (bytes.empty() || is_answered_) return;
  unconsumed_ += bytes.size();
  outbox_.put(BodyReceived{stream_, bytes});
}

void Http1Client::handle_end(std::optional<Error> cut_off, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_) return;
  if (is_tunnel_) return handle_tunnel_end(std::move(cut_off));
  retire(NotReused::peer_closed);
  if (!has_stream_) return close();
  const bool was_used = stream_ > 1;
  const bool is_silent = !has_response_begun_ && parser_.is_idle();
  if (cut_off)
    return fail(*std::move(cut_off), is_silent ? HttpRetry::if_idempotent : HttpRetry::never);
  const auto event = parser_.handle_end();
  if (!event.has_value()) return fail(event.error(), HttpRetry::never);
  if (*event == Event::end) {
    sender_.drop();
    return handle_message_end();
  }
  // A connection that was kept may have been closed while the request was on its way (RFC 9112 9.3.1).
  fail({ErrorKind::closed, "http",
        was_used ? "the peer closed a kept connection without an answer"
                 : "the peer closed without an answer"},
       is_silent ? HttpRetry::if_idempotent : HttpRetry::never);
}

void Http1Client::handle_tunnel_end(std::optional<Error> cut_off) {
  if (cut_off) return fail(*std::move(cut_off), HttpRetry::never);
  if (!std::exchange(is_answered_, true)) outbox_.put(MessageEnded{stream_, {}});
  finish_stream_if_done();
}

void Http1Client::handle_timeout(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  if (is_over_) return;
  if (continue_at_ && *continue_at_ <= now) {
    continue_at_.reset();
    outbox_.put(RoomMade{stream_});
  }
  const auto waiting = outbox_.waiting_since();
  if (waiting && *waiting + bounded(options_.write_timeout) <= now)
    fail({ErrorKind::timed_out, "http", "the peer takes nothing"}, HttpRetry::never);
}

std::optional<Instant> Http1Client::deadline() const {
  if (is_over_) return std::nullopt;
  const auto waiting = outbox_.waiting_since();
  if (!waiting) return continue_at_;
  const Instant stalled = *waiting + bounded(options_.write_timeout);
  return continue_at_ ? std::min(*continue_at_, stalled) : stalled;
}

void Http1Client::mark_written(std::size_t count, Instant now) {
  const bool was_full = has_stream_ && room(stream_) == 0;
  outbox_.mark_written(count, now);
  if (was_full && !is_over_ && !sender_.is_done() && room(stream_) > 0)
    outbox_.put(RoomMade{stream_});
}

std::size_t Http1Client::room(StreamId stream) const {
  if (!is_current(stream) || is_over_ || continue_at_) return 0;
  if (sender_.is_dropping()) return options_.unwritten_max;
  if (sender_.is_done()) return 0;
  const std::size_t used = std::min(outbox_.unwritten_size(), options_.unwritten_max);
  return options_.unwritten_max - used;
}

std::optional<NotReused> Http1Client::not_reused() const {
  if (retired_) return retired_;
  if (has_stream_) return NotReused::in_use;
  return std::nullopt;
}

void Http1Client::retire(NotReused reason) {
  if (retired_) return;
  retired_ = reason;
  outbox_.put(Closing{reason});
}

void Http1Client::close() {
  is_over_ = true;
  outbox_.put(Closed{std::nullopt});
}

void Http1Client::fail(Error error, HttpRetry retry) {
  retire(NotReused::broken);
  is_over_ = true;
  if (std::exchange(has_stream_, false)) outbox_.put(StreamFailed{stream_, error, retry});
  outbox_.put(Closed{std::move(error)});
}

}  // namespace bowline::core
