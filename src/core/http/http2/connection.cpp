#include "core/http/http2/connection.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace bowline::core {

namespace {

// RFC 9113: what both sides start with, and RFC 7540's priorities switched off (RFC 9218 2.1).
constexpr std::int32_t settings_no_old_priorities = 0x9;
constexpr std::uint32_t streams_unsaid = 100;
constexpr std::size_t outbound_frames_max = 5000;

}  // namespace

std::unique_ptr<HttpConnection> make_http2_client(HttpConnection::Options options) {
  return std::make_unique<Http2Connection>(Http2Connection::Role::client, options);
}
std::unique_ptr<HttpConnection> make_http2_server(HttpConnection::Options options) {
  return std::make_unique<Http2Connection>(Http2Connection::Role::server, options);
}

Http2Connection::Http2Connection(Role role, Options options)
    : role_(role),
      options_(options),
      scanner_(role == Role::server ? NGHTTP2_CLIENT_MAGIC_LEN : 0),
      resets_(1000, 33),
      glitches_(role == Role::client ? FloodGuard(1000, 33) : FloodGuard(10'000, 330)) {
  make_session();
}

void Http2Connection::start(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  submit_settings();
  if (!is_client()) head_due_ = now + bounded(options_.head_timeout);
  settle(now);
}

void Http2Connection::submit_settings() {
  const auto window = static_cast<std::uint32_t>(
      std::min<std::size_t>(options_.unconsumed_max, NGHTTP2_MAX_WINDOW_SIZE));
  std::vector<nghttp2_settings_entry> entries{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(options_.limits.head_bytes_max)},
      {settings_no_old_priorities, 1}};
  if (is_client()) {
    entries.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  } else {
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.streams_max});
    entries.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
  }
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  // So wide that no stream has to wait for others whose bodies nobody consumes.
  const auto whole = static_cast<std::int32_t>(std::min<std::uint64_t>(
      std::uint64_t{window} * options_.streams_max, NGHTTP2_MAX_WINDOW_SIZE));
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, whole);
}

Result<HttpConnection::StreamId> Http2Connection::send_request(const wire::RequestHead& head,
                                                               const RequestForm& form,
                                                               Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  assert(is_client());
  if (const auto reason = not_reused())
    return Error(ErrorKind::not_ready, "send request", std::string(to_string(*reason)));
  BOWLINE_TRY_VOID(wire::check_request(head));
  BOWLINE_TRY_VOID(check_tunnel(head));
  const bool is_tunnel = head.is_connect() || !head.protocol.empty();
  const bool has_body =
      is_tunnel || (!form.body.is_none() && (form.body.is_unknown() || form.body.octets() > 0));
  RequestForm own_form = form;
  own_form.expects_continue = form.expects_continue && has_body && !is_tunnel;
  Http2Head fields(head, own_form);
  nghttp2_data_provider provider{{.ptr = nullptr}, nullptr};
  provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* into,
                              std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                              void* self) {
    return static_cast<Http2Connection*>(self)->read_body(id, {into, size}, *flags);
  };
  const auto& pairs = fields.pairs();
  const std::int32_t id = nghttp2_submit_request(
      session_.get(), nullptr, pairs.data(), pairs.size(), has_body ? &provider : nullptr, nullptr);
  if (id < 0) {
    retire(NotReused::stream_ids_used_up);
    return Error(ErrorKind::not_ready, "send request", nghttp2_strerror(id));
  }
  Http2Stream& stream = add_stream(id);
  stream.request.method = head.method;
  stream.asks_for_tunnel = is_tunnel;
  stream.has_body_to_send = has_body;
  stream.has_output_ended = !has_body;
  if (!form.body.is_unknown() && !is_tunnel) stream.left = form.body.octets();
  if (own_form.expects_continue) stream.continue_at = now + bounded(options_.continue_wait);
  settle(now);
  return static_cast<StreamId>(id);
}

/// RFC 8441: another protocol only once the server has said that it knows how.
Result<void> Http2Connection::check_tunnel(const wire::RequestHead& head) const {
  if (head.protocol.empty()) return {};
  if (!has_settings_)
    return Error(ErrorKind::not_ready, "send request", "the server's settings are not known yet");
  const bool knows = nghttp2_session_get_remote_settings(
                         session_.get(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
  if (knows) return {};
  return Error(ErrorKind::unsupported, "send request", "the server takes no extended CONNECT");
}

Result<void> Http2Connection::send_response(StreamId id, const wire::ResponseHead& head,
                                            HttpBodySize body, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  Http2Stream* stream = find(id);
  if (stream == nullptr || is_over_)
    return Error(ErrorKind::closed, "send response", "the stream is over");
  if (stream->has_responded)
    return Error(ErrorKind::invalid_argument, "send response", "a second final response");
  BOWLINE_TRY_VOID(wire::check_response(head));
  const auto number = static_cast<std::int32_t>(id);
  if (head.status == 100) stream->pace.set_paused(false, now);
  BOWLINE_TRY_VOID(head.is_interim() ? send_interim(number, head)
                                     : send_final(number, *stream, head, body));
  settle(now);
  return {};
}

Result<void> Http2Connection::send_interim(std::int32_t id, const wire::ResponseHead& head) {
  Http2Head fields(head, HttpBodySize::none(), false);
  const auto& pairs = fields.pairs();
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, pairs.data(), pairs.size(),
                         nullptr);
  return {};
}

Result<void> Http2Connection::send_final(std::int32_t id, Http2Stream& stream,
                                         const wire::ResponseHead& head, HttpBodySize body) {
  wire::ResponseHead own = head;
  const bool is_success = head.status >= 200 && head.status < 300;
  const bool opens = stream.asks_for_tunnel && (is_success || head.status == 101);
  if (head.status == 101 && !opens)
    return Error(ErrorKind::invalid_argument, "send response", "nobody asked for another protocol");
  if (opens) own.status = 200;  // 101 does not exist here (RFC 9113 8.6)
  const bool is_empty = body.is_none() || (!body.is_unknown() && body.octets() == 0);
  const bool never = stream.request.method == "HEAD" || head.status == 204 || head.status == 304;
  stream.has_responded = true;
  stream.has_body_to_send = opens || (!is_empty && !never);
  stream.has_output_ended = !stream.has_body_to_send;
  stream.is_answer_dropped = never;
  if (!body.is_unknown() && !opens) stream.left = body.octets();
  Http2Head fields(own, body, !opens && head.status != 204);
  nghttp2_data_provider provider{{.ptr = nullptr}, nullptr};
  provider.read_callback = [](nghttp2_session*, std::int32_t stream_id, std::uint8_t* into,
                              std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                              void* self) {
    return static_cast<Http2Connection*>(self)->read_body(stream_id, {into, size}, *flags);
  };
  const auto& pairs = fields.pairs();
  nghttp2_submit_response(session_.get(), id, pairs.data(), pairs.size(),
                          stream.has_body_to_send ? &provider : nullptr);
  if (opens) {
    stream.is_tunnel = true;
    stream.pace.stop();
    outbox_.put(TunnelOpened{static_cast<StreamId>(id)});
  }
  return {};
}

Result<std::size_t> Http2Connection::send_body(StreamId id, std::span<const std::byte> bytes,
                                               Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  Http2Stream* stream = find(id);
  if (stream == nullptr || stream->is_answer_dropped) return bytes.size();
  if (stream->has_output_ended && !bytes.empty())
    return Error(ErrorKind::invalid_argument, "send body", "the message has no body, or has ended");
  if (stream->left && bytes.size() > *stream->left)
    return Error(ErrorKind::invalid_argument, "send body", "more octets than were announced");
  const std::size_t count = std::min(bytes.size(), room(id));
  if (stream->left) *stream->left -= count;
  stream->queue += as_text(bytes.first(count));
  stream->was_full = room(id) == 0;
  if (count > 0 && !stream->stalled_since) stream->stalled_since = now;
  resume(static_cast<std::int32_t>(id), *stream);
  settle(now);
  return count;
}

Result<void> Http2Connection::end_body(StreamId id, const HttpFields& trailers, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  Http2Stream* stream = find(id);
  if (stream == nullptr || stream->has_output_ended) return {};
  Result<void> fits = wire::check_trailers(trailers);
  if (stream->left.value_or(0) > 0)
    fits = Error(ErrorKind::invalid_argument, "send body",
                 std::to_string(*stream->left) + " octets less than were announced");
  if (!fits.has_value()) {
    reset(static_cast<std::int32_t>(id), NGHTTP2_INTERNAL_ERROR, fits.error());
    settle(now);
    return fits;
  }
  stream->has_output_ended = true;
  if (!stream->left) stream->trailers_to_send = trailers;
  resume(static_cast<std::int32_t>(id), *stream);
  settle(now);
  return {};
}

void Http2Connection::resume(std::int32_t id, Http2Stream& stream) {
  if (!stream.is_deferred || stream.continue_at) return;
  stream.is_deferred = false;
  nghttp2_session_resume_data(session_.get(), id);
}

void Http2Connection::cancel(StreamId id, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  const Http2Stream* stream = find(id);
  if (stream == nullptr) return;
  nghttp2_session_consume_connection(session_.get(), stream->unconsumed);
  streams_.erase(static_cast<std::int32_t>(id));
  const auto number = static_cast<std::int32_t>(id);
  own_resets_.insert(number);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, number, NGHTTP2_CANCEL);
  settle(now);
}

void Http2Connection::reset(std::int32_t id, std::uint32_t code, std::optional<Error> why) {
  if (Http2Stream* stream = find(static_cast<StreamId>(id))) stream->error = std::move(why);
  own_resets_.insert(id);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
}

void Http2Connection::mark_consumed(StreamId id, std::size_t count, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  Http2Stream* stream = find(id);
  if (stream == nullptr) return;  // the whole was given back when it ended
  const std::size_t used = std::min(count, stream->unconsumed);
  stream->unconsumed -= used;
  stream->pace.set_paused(stream->unconsumed >= options_.unconsumed_max, now);
  nghttp2_session_consume(session_.get(), static_cast<std::int32_t>(id), used);
  settle(now);
}

void Http2Connection::set_priority(StreamId id, const HttpPriority& priority, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  if (find(id) == nullptr) return;
  const auto number = static_cast<std::int32_t>(id);
  if (is_client()) {
    std::string text = to_string(priority);
    if (text.empty()) text = "u=3";
    nghttp2_submit_priority_update(session_.get(), NGHTTP2_FLAG_NONE, number,
                                   reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  } else {
    const nghttp2_extpri value{priority.urgency, priority.is_incremental ? 1 : 0};
    nghttp2_session_change_extpri_stream_priority(session_.get(), number, &value, 1);
  }
  settle(now);
}

void Http2Connection::shutdown(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  if (is_over_) return;
  retire(NotReused::we_close);
  // RFC 9113 6.8: what the peer has begun after this is refused, and can be tried elsewhere.
  if (!is_client() && !streams_.empty())
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  settle(now);
}

std::size_t Http2Connection::handle_input(std::span<const std::byte> bytes, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  if (is_over_) return bytes.size();
  ended_now_.clear();
  scanner_.scan(bytes, [this](const FrameScanner::Head& head) { judge_dropped_frame(head); });
  const ssize_t taken =
      is_flooded_ || misdeed_ != NGHTTP2_NO_ERROR
          ? 0
          : nghttp2_session_mem_recv(
                session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (misdeed_ != NGHTTP2_NO_ERROR && !is_flooded_) {
    fail(http2_error(misdeed_, "the peer broke the protocol"), misdeed_);
    return bytes.size();
  }
  if (taken < 0 && !is_flooded_) {
    pump(now);
    fail(fatal_ ? *fatal_
                : Error(ErrorKind::protocol_violation, ErrorDomain::http, NGHTTP2_PROTOCOL_ERROR,
                        "http2", nghttp2_strerror(static_cast<int>(taken))),
         NGHTTP2_PROTOCOL_ERROR);
    return bytes.size();
  }
  settle(now);
  return bytes.size();
}

void Http2Connection::handle_end(std::optional<Error> cut_off, Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  if (is_over_) return;
  retire(NotReused::peer_closed);
  if (!cut_off && !streams_.empty())
    cut_off = Error(ErrorKind::closed, "http2", "the peer closed while streams were open");
  end_all(std::move(cut_off));
}

/// Writes what there is, and looks whether the connection is over.
void Http2Connection::settle(Instant now) {
  if (is_over_) return;
  if (!is_flooded_) pump(now);
  if (is_over_) return;
  if (is_flooded_)
    return fail({ErrorKind::limit_exceeded, ErrorDomain::http, NGHTTP2_ENHANCE_YOUR_CALM, "http2",
                 "the peer sends too much that has no use"},
                NGHTTP2_ENHANCE_YOUR_CALM);
  // Nothing is read behind our own GOAWAY for an error.
  if (fatal_) return fail(*fatal_, NGHTTP2_NO_ERROR);
  if (nghttp2_session_get_outbound_queue_size(session_.get()) > outbound_frames_max)
    return fail({ErrorKind::limit_exceeded, ErrorDomain::http, NGHTTP2_ENHANCE_YOUR_CALM, "http2",
                 "the peer asks for more than it reads"},
                NGHTTP2_ENHANCE_YOUR_CALM);
  if (!streams_.empty())
    idle_due_.reset();
  else if (!is_client() && !idle_due_)
    idle_due_ = now + bounded(options_.idle_timeout);
  if (!streams_.empty() || !retired_) return;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
  pump(now);
  if (!is_over_) end_all(std::nullopt);
}

void Http2Connection::pump(Instant now) {
  while (outbox_.unwritten_size() < options_.unwritten_max) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size == 0) return;
    if (size < 0)
      return end_all(Error(ErrorKind::internal, "http2", nghttp2_strerror(static_cast<int>(size))));
    outbox_.write({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}, now);
  }
}

void Http2Connection::mark_written(std::size_t count, Instant now) {
  outbox_.mark_written(count, now);
  now_ = now;
  if (!is_over_) settle(now);
}

bool Http2Connection::wants_input() const {
  // A peer that does not read what it asks for is not read either.
  return is_over_ || outbox_.unwritten_size() < options_.unwritten_max;
}

std::size_t Http2Connection::room(StreamId id) const {
  const Http2Stream* stream = find(id);
  if (stream == nullptr || is_over_ || stream->continue_at) return 0;
  if (stream->is_answer_dropped) return options_.unwritten_max;
  if (stream->has_output_ended) return 0;
  return options_.unwritten_max - std::min(stream->queued(), options_.unwritten_max);
}

std::optional<NotReused> Http2Connection::not_reused() const {
  if (retired_ || is_over_) return retired_.value_or(NotReused::broken);
  if (!is_client()) return std::nullopt;
  if (nghttp2_session_check_request_allowed(session_.get()) == 0)
    return NotReused::stream_ids_used_up;
  const std::uint32_t most = has_settings_
                                 ? nghttp2_session_get_remote_settings(
                                       session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
                                 : streams_unsaid;
  if (streams_.size() >= most) return NotReused::streams_used_up;
  return std::nullopt;
}

Http2Stream* Http2Connection::find(StreamId stream) {
  return const_cast<Http2Stream*>(std::as_const(*this).find(stream));
}
const Http2Stream* Http2Connection::find(StreamId stream) const {
  if (stream > static_cast<StreamId>(std::numeric_limits<std::int32_t>::max())) return nullptr;
  const auto found = streams_.find(static_cast<std::int32_t>(stream));
  return found == streams_.end() ? nullptr : &found->second;
}

Http2Stream& Http2Connection::add_stream(std::int32_t id) {
  return streams_.try_emplace(id, PaceGuard(options_.body_rate_min, options_.body_grace))
      .first->second;
}

void Http2Connection::retire(NotReused reason) {
  if (retired_) return;
  retired_ = reason;
  outbox_.put(Closing{reason});
}

}  // namespace bowline::core
