// What nghttp2 reports while it reads and writes, and how that ends streams and the connection.

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "core/http/http2/connection.h"

namespace bowline::core {

namespace {

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}
bool is_acknowledgement(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
}

/// Frames that are legal, change little, and cost the sender next to nothing. CVE-2019-9511 to 9518.
bool is_glitch(const nghttp2_frame& frame) {
  constexpr std::int32_t increment_min = 1024;
  switch (frame.hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS: return !is_acknowledgement(frame);
    case NGHTTP2_PRIORITY_UPDATE: return true;
    case NGHTTP2_DATA: return frame.hd.length == 0 && !ends_stream(frame);
    case NGHTTP2_WINDOW_UPDATE: return frame.window_update.window_size_increment < increment_min;
    default: return false;
  }
}

constexpr std::size_t field_overhead = 32;  // RFC 9113 6.5.2

}  // namespace

Error http2_error(std::uint32_t code, const char* what) {
  const ErrorKind kind = code == NGHTTP2_REFUSED_STREAM                       ? ErrorKind::refused
                         : code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL ? ErrorKind::reset
                         : code == NGHTTP2_ENHANCE_YOUR_CALM ? ErrorKind::limit_exceeded
                                                             : ErrorKind::protocol_violation;
  return {kind, ErrorDomain::http, code, "http2",
          std::string(what) + ": " + nghttp2_http2_strerror(code)};
}

/// nghttp2 calls plain functions with the pointer it was given.
struct Http2Callbacks {
  static Http2Connection& self(void* data) { return *static_cast<Http2Connection*>(data); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    return self(data).handle_begin_headers(*frame);
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* data) {
    return self(data).handle_field(*frame, text_of(name, name_size), text_of(value, value_size));
  }
  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* data) {
    Http2Connection& connection = self(data);
    const bool opens_block = head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION;
    if (opens_block && !connection.head_due_)
      connection.head_due_ = connection.now_ + bounded(connection.options_.head_timeout);
    if (!connection.is_client() && !connection.judge_stream(*head))
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    return connection.is_flooded_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    return self(data).handle_frame(*frame);
  }
  static int chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                   std::size_t size, void* data) {
    self(data).handle_octets(id, as_bytes(text_of(bytes, size)));
    return 0;
  }
  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* data) {
    self(data).handle_stream_close(id, code);
    return 0;
  }
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    self(data).handle_frame_sent(*frame);
    return 0;
  }
};

void Http2Connection::make_session() {
  nghttp2_session_callbacks* made = nullptr;
  const int outcome = nghttp2_session_callbacks_new(&made);
  if (outcome != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, void (*)(nghttp2_session_callbacks*)> callbacks(
      made, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, Http2Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, Http2Callbacks::header);
  nghttp2_session_callbacks_set_on_begin_frame_callback(made, Http2Callbacks::begin_frame);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, Http2Callbacks::frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Http2Callbacks::chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, Http2Callbacks::stream_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, Http2Callbacks::frame_sent);

  nghttp2_option* own = nullptr;
  if (nghttp2_option_new(&own) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_option, void (*)(nghttp2_option*)> option(own, nghttp2_option_del);
  nghttp2_option_set_no_auto_window_update(own, 1);
  nghttp2_option_set_no_closed_streams(own, 1);
  nghttp2_option_set_max_settings(own, 32);
  nghttp2_option_set_max_outbound_ack(own, 1000);
  nghttp2_option_set_max_continuations(own, 8);
  nghttp2_option_set_builtin_recv_extension_type(own, NGHTTP2_PRIORITY_UPDATE);
  // Its own limit reads the host's clock; ours is `resets_`.
  nghttp2_option_set_stream_reset_rate_limit(own, UINT64_MAX / 2, 0);

  nghttp2_session* session = nullptr;
  const int result = is_client() ? nghttp2_session_client_new2(&session, made, this, own)
                                 : nghttp2_session_server_new2(&session, made, this, own);
  if (result != 0) throw std::bad_alloc();
  session_.reset(session);
}

int Http2Connection::handle_begin_headers(const nghttp2_frame& frame) {
  const std::int32_t id = frame.hd.stream_id;
  const bool is_request =
      frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  if (!is_client() && is_request) add_stream(id).request = wire::RequestHead{.path = ""};
  if (Http2Stream* stream = find(static_cast<StreamId>(id))) stream->head_octets = 0;
  return 0;
}

int Http2Connection::handle_field(const nghttp2_frame& frame, std::string_view name,
                                  std::string_view value) {
  Http2Stream* stream = find(static_cast<StreamId>(frame.hd.stream_id));
  if (stream == nullptr) return 0;
  stream->head_octets += name.size() + value.size() + field_overhead;
  const std::size_t octets_max =
      stream->has_head ? options_.limits.trailer_bytes_max : options_.limits.head_bytes_max;
  HttpFields& fields = stream->has_head ? stream->trailers
                       : is_client()    ? stream->response.fields
                                        : stream->request.fields;
  if (stream->head_octets > octets_max || fields.size() >= options_.limits.fields_max) {
    stream->error = Error(ErrorKind::limit_exceeded, ErrorDomain::http, 431, "http2",
                          "the fields are longer than they may be");
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  const bool fits = stream->has_head ? fields.add(name, value).has_value()
                    : is_client()    ? take_field(stream->response, name, value)
                                     : take_field(stream->request, name, value);
  if (fits) return 0;
  stream->error = Error(ErrorKind::malformed, ErrorDomain::http, 400, "http2",
                        "a field that HTTP does not allow");
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int Http2Connection::handle_frame(const nghttp2_frame& frame) {
  if (is_glitch(frame)) charge(glitches_);
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    charge(resets_);
    if (!is_client()) closed_.note_ended_by_client(frame.hd.stream_id);
  }
  if (is_flooded_) return NGHTTP2_ERR_CALLBACK_FAILURE;
  if (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_SETTINGS) head_due_.reset();
  if (frame.hd.type == NGHTTP2_SETTINGS && !is_acknowledgement(frame)) has_settings_ = true;
  if (frame.hd.type == NGHTTP2_GOAWAY) retire(NotReused::peer_closed);
  Http2Stream* stream = find(static_cast<StreamId>(frame.hd.stream_id));
  if (stream == nullptr) return 0;
  if (frame.hd.type == NGHTTP2_HEADERS) handle_headers(frame, *stream);
  const bool has_end = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  if (has_end && ends_stream(frame)) handle_stream_end(frame.hd.stream_id, *stream);
  return 0;
}

void Http2Connection::handle_headers(const nghttp2_frame& frame, Http2Stream& stream) {
  if (stream.has_head) return;  // trailers; the end follows
  if (is_client())
    handle_response_head(frame.hd.stream_id, stream);
  else
    handle_request_head(frame.hd.stream_id, stream, ends_stream(frame));
}

void Http2Connection::handle_request_head(std::int32_t id, Http2Stream& stream, bool is_end) {
  stream.has_head = true;
  stream.request.version = wire::HttpVersion::http2;
  stream.asks_for_tunnel = stream.request.is_connect();
  if (!is_end && !stream.asks_for_tunnel) stream.pace.start(now_);
  // Until it is told to, such a client owes nothing.
  stream.pace.set_paused(stream.request.fields.has_member("Expect", "100-continue"), now_);
  wire::RequestHead head = stream.request;  // its method is needed for the answer
  if (!head.protocol.empty()) head.method = "GET";
  outbox_.put(RequestReceived{static_cast<StreamId>(id), std::move(head), !is_end});
}

void Http2Connection::handle_response_head(std::int32_t id, Http2Stream& stream) {
  wire::ResponseHead head = std::exchange(stream.response, wire::ResponseHead());
  head.version = wire::HttpVersion::http2;
  const int status = head.status;
  const auto number = static_cast<StreamId>(id);
  if (head.is_interim()) {
    if (++stream.interim_count > options_.interim_max)
      return reset(id, NGHTTP2_ENHANCE_YOUR_CALM,
                   Error(ErrorKind::limit_exceeded, ErrorDomain::http, status, "http2",
                         "too many interim responses"));
    outbox_.put(ResponseReceived{number, std::move(head)});
    if (status == 100 && std::exchange(stream.continue_at, std::nullopt)) {
      resume(id, stream);
      outbox_.put(RoomMade{number});
    }
    return;
  }
  stream.has_head = true;
  outbox_.put(ResponseReceived{number, std::move(head)});
  if (stream.asks_for_tunnel && status >= 200 && status < 300) {
    stream.is_tunnel = true;
    outbox_.put(TunnelOpened{number});
  } else if (stream.continue_at || stream.asks_for_tunnel) {
    // The body was never begun; the stream ends with the answer.
    stream.continue_at.reset();
    stream.is_answer_dropped = stream.has_output_ended = true;
    if (!stream.asks_for_tunnel) outbox_.put(BodyUnwanted{number});
    resume(id, stream);
  }
}

void Http2Connection::handle_stream_end(std::int32_t id, Http2Stream& stream) {
  if (std::exchange(stream.has_input_ended, true)) return;
  stream.pace.stop();
  outbox_.put(MessageEnded{static_cast<StreamId>(id), std::move(stream.trailers)});
}

void Http2Connection::handle_octets(std::int32_t id, std::span<const std::byte> bytes) {
  Http2Stream* stream = find(static_cast<StreamId>(id));
  if (stream == nullptr) {
    nghttp2_session_consume_connection(session_.get(), bytes.size());
    return;
  }
  stream->unconsumed += bytes.size();
  stream->pace.handle_octets(bytes.size());
  stream->pace.set_paused(stream->unconsumed >= options_.unconsumed_max, now_);
  outbox_.put(BodyReceived{static_cast<StreamId>(id), bytes});
}

ssize_t Http2Connection::read_body(std::int32_t id, std::span<std::uint8_t> into,
                                   std::uint32_t& flags) {
  Http2Stream* stream = find(static_cast<StreamId>(id));
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::size_t count = std::min(stream->queued(), into.size());
  if (stream->continue_at || (count == 0 && !stream->has_output_ended)) {
    stream->is_deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  std::memcpy(into.data(), stream->queue.data() + stream->queue_taken, count);
  stream->queue_taken += count;
  if (count > 0) stream->stalled_since = now_;
  if (stream->queued() == 0) {
    stream->queue.clear();
    stream->queue_taken = 0;
    stream->stalled_since.reset();
  } else if (stream->queue_taken > stream->queue.size() / 2) {
    stream->queue.erase(0, std::exchange(stream->queue_taken, 0));
  }
  if (stream->was_full && room(static_cast<StreamId>(id)) > options_.unwritten_max / 2) {
    stream->was_full = false;
    outbox_.put(RoomMade{static_cast<StreamId>(id)});
  }
  if (!stream->has_output_ended || stream->queued() > 0) return static_cast<ssize_t>(count);
  flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream->trailers_to_send.empty()) {
    flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    Http2Head fields(stream->trailers_to_send);
    const auto& pairs = fields.pairs();
    nghttp2_submit_trailer(session_.get(), id, pairs.data(), pairs.size());
  }
  return static_cast<ssize_t>(count);
}

void Http2Connection::handle_stream_close(std::int32_t id, std::uint32_t code) {
  own_resets_.erase(id);
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Http2Stream stream = std::move(found->second);
  streams_.erase(found);
  const auto number = static_cast<StreamId>(id);
  if (!is_client() && stream.has_input_ended) closed_.note_ended_by_client(id);
  nghttp2_session_consume_connection(session_.get(), stream.unconsumed);
  // A client that was never told of a request need not hear of its end.
  if (!is_client() && !stream.has_head) return;
  const bool is_complete = is_client() ? stream.has_head && stream.has_input_ended
                                       : stream.has_responded && stream.has_sent_end;
  if (is_complete && (code == NGHTTP2_NO_ERROR || !is_client())) {
    // RFC 9113 8.1: a server may answer and ask for the rest of the body not to be sent.
    if (is_client() && !stream.has_sent_end && !stream.has_output_ended)
      outbox_.put(BodyUnwanted{number});
    outbox_.put(StreamDone{number});
    return;
  }
  const HttpRetry retry = code == NGHTTP2_REFUSED_STREAM ? HttpRetry::always : HttpRetry::never;
  outbox_.put(StreamFailed{
      number, stream.error ? *stream.error : http2_error(code, "the stream was reset"), retry});
}

void Http2Connection::handle_frame_sent(const nghttp2_frame& frame) {
  const bool has_end = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  if (has_end && ends_stream(frame))
    if (Http2Stream* stream = find(static_cast<StreamId>(frame.hd.stream_id)))
      stream->has_sent_end = true;
  // CVE-2025-8671: a peer that makes us reset streams does the same as one that resets them.
  if (frame.hd.type == NGHTTP2_RST_STREAM && own_resets_.erase(frame.hd.stream_id) == 0)
    charge(resets_);
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR && !fatal_)
    fatal_ = http2_error(frame.goaway.error_code, "the peer broke the protocol");
}

void Http2Connection::judge_dropped_frame(const FrameScanner::Head& head) {
  const bool is_known = head.type <= NGHTTP2_CONTINUATION || head.type == NGHTTP2_PRIORITY_UPDATE;
  const bool is_priority = head.type == NGHTTP2_PRIORITY;
  if (!is_known || is_priority || head.type == NGHTTP2_CONTINUATION) charge(glitches_);
  // RFC 9113 5.3.1 and 6.3, for those who still send them.
  if (is_priority && (head.stream == 0 || head.stream == head.depends_on))
    misdeed_ = NGHTTP2_PROTOCOL_ERROR;
  if (!is_client()) judge_data(head);
}

/// nghttp2 drops parts of bodies for streams that it has forgotten before it tells of them.
void Http2Connection::judge_data(const FrameScanner::Head& head) {
  const bool is_data = head.type == NGHTTP2_DATA;
  if (is_data) {
    const auto verdict = closed_.judge(static_cast<std::int32_t>(head.stream));
    if (verdict == ClosedStreams::Verdict::was_skipped) misdeed_ = NGHTTP2_PROTOCOL_ERROR;
    if (verdict == ClosedStreams::Verdict::is_closed ||
        std::ranges::find(ended_now_, head.stream) != ended_now_.end())
      misdeed_ = NGHTTP2_STREAM_CLOSED;
  }
  const bool may_end = is_data || head.type == NGHTTP2_HEADERS;
  const bool ends =
      head.type == NGHTTP2_RST_STREAM || (may_end && (head.flags & NGHTTP2_FLAG_END_STREAM) != 0);
  if (ends) ended_now_.push_back(head.stream);
}

bool Http2Connection::judge_stream(const nghttp2_frame_hd& head) {
  if (head.type == NGHTTP2_HEADERS) closed_.note_opened(head.stream_id);
  const bool uses_stream = head.type == NGHTTP2_HEADERS || head.type == NGHTTP2_DATA;
  if (!uses_stream || streams_.contains(head.stream_id)) return true;
  switch (closed_.judge(head.stream_id)) {
    case ClosedStreams::Verdict::may_be_late: return true;
    case ClosedStreams::Verdict::is_closed: misdeed_ = NGHTTP2_STREAM_CLOSED; return false;
    case ClosedStreams::Verdict::was_skipped: misdeed_ = NGHTTP2_PROTOCOL_ERROR; return false;
  }
  return true;
}

void Http2Connection::charge(FloodGuard& guard) {
  if (!guard.take(now_)) is_flooded_ = true;
}

void Http2Connection::fail(Error error, std::uint32_t code) {
  retire(NotReused::broken);
  if (code != NGHTTP2_NO_ERROR) {
    nghttp2_session_terminate_session(session_.get(), code);
    pump(now_);
  }
  if (!is_over_) end_all(std::move(error));
}

void Http2Connection::end_all(std::optional<Error> error) {
  if (std::exchange(is_over_, true)) return;
  retire(NotReused::broken);
  for (auto& [id, stream] : std::exchange(streams_, Streams())) {
    if (!is_client() && !stream.has_head) continue;
    const bool is_silent = is_client() && !stream.has_head && stream.interim_count == 0;
    outbox_.put(
        StreamFailed{static_cast<StreamId>(id),
                     error.value_or(Error(ErrorKind::closed, "http2", "the connection is closed")),
                     is_silent ? HttpRetry::if_idempotent : HttpRetry::never});
  }
  head_due_.reset();
  idle_due_.reset();
  outbox_.put(Closed{std::move(error)});
}

}  // namespace bowline::core
