#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>
#include <span>

#include <nghttp2/nghttp2.h>

#include "core/driver_contract.h"
#include "core/http/connection.h"
#include "core/http/http2/closed_streams.h"
#include "core/http/http2/flood_guard.h"
#include "core/http/http2/frame_scanner.h"
#include "core/http/http2/head_fields.h"
#include "core/http/http2/stream.h"
#include "core/http/outbox.h"

namespace bowline::core {

/// HTTP/2, as client or server.
class Http2Connection final : public HttpConnection {
 public:
  enum class Role : bool { client, server };

  Http2Connection(Role role, Options options);

  void start(Instant now) override;
  Result<StreamId> send_request(const wire::RequestHead& head, const RequestForm& form,
                                Instant now) override;
  Result<void> send_response(StreamId stream, const wire::ResponseHead& head, HttpBodySize body,
                             Instant now) override;
  Result<std::size_t> send_body(StreamId stream, std::span<const std::byte> bytes,
                                Instant now) override;
  Result<void> end_body(StreamId stream, const HttpFields& trailers, Instant now) override;
  void cancel(StreamId stream, Instant now) override;
  void mark_consumed(StreamId stream, std::size_t count, Instant now) override;
  void set_priority(StreamId stream, const HttpPriority& priority, Instant now) override;
  void shutdown(Instant now) override;

  std::size_t handle_input(std::span<const std::byte> bytes, Instant now) override;
  void handle_end(std::optional<Error> cut_off, Instant now) override;
  void handle_timeout(Instant now) override;
  std::optional<Instant> deadline() const override;

  std::optional<Output> poll() override { return outbox_.poll(); }
  std::span<const std::byte> unwritten() const override { return outbox_.unwritten(); }
  void mark_written(std::size_t count, Instant now) override;

  wire::HttpVersion version() const override { return wire::HttpVersion::http2; }
  bool wants_input() const override;
  std::size_t room(StreamId stream) const override;
  std::optional<NotReused> not_reused() const override;
  std::size_t stream_count() const override { return streams_.size(); }

 private:
  friend struct Http2Callbacks;
  struct SessionEnd {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  using Streams = std::map<std::int32_t, Http2Stream>;

  [[nodiscard]] bool is_client() const { return role_ == Role::client; }
  void make_session();
  void submit_settings();
  [[nodiscard]] Http2Stream* find(StreamId stream);
  [[nodiscard]] const Http2Stream* find(StreamId stream) const;
  Http2Stream& add_stream(std::int32_t id);
  [[nodiscard]] Result<void> check_tunnel(const wire::RequestHead& head) const;
  Result<void> send_interim(std::int32_t id, const wire::ResponseHead& head);
  Result<void> send_final(std::int32_t id, Http2Stream& stream, const wire::ResponseHead& head,
                          HttpBodySize body);
  void resume(std::int32_t id, Http2Stream& stream);
  void reset(std::int32_t id, std::uint32_t code, std::optional<Error> why);

  // What nghttp2 reports; frames.cpp.
  int handle_begin_headers(const nghttp2_frame& frame);
  int handle_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int handle_frame(const nghttp2_frame& frame);
  void handle_headers(const nghttp2_frame& frame, Http2Stream& stream);
  void handle_request_head(std::int32_t id, Http2Stream& stream, bool is_end);
  void handle_response_head(std::int32_t id, Http2Stream& stream);
  void handle_stream_end(std::int32_t id, Http2Stream& stream);
  void handle_octets(std::int32_t id, std::span<const std::byte> bytes);
  void handle_stream_close(std::int32_t id, std::uint32_t code);
  void handle_frame_sent(const nghttp2_frame& frame);
  ssize_t read_body(std::int32_t id, std::span<std::uint8_t> into, std::uint32_t& flags);
  void judge_dropped_frame(const FrameScanner::Head& head);
  void judge_data(const FrameScanner::Head& head);
  /// Of a server: false if no such frame may come for that stream.
  [[nodiscard]] bool judge_stream(const nghttp2_frame_hd& head);
  void charge(FloodGuard& guard);

  void pump(Instant now);
  void settle(Instant now);
  void expire_streams(Instant now);
  void retire(NotReused reason);
  void fail(Error error, std::uint32_t code);
  void end_all(std::optional<Error> error);
  template <class Each>
  void each_deadline(Each each) const;

  const Role role_;
  const Options options_;
  HttpOutbox outbox_;
  DriverContract contract_;
  std::unique_ptr<nghttp2_session, SessionEnd> session_;
  Streams streams_;
  FrameScanner scanner_;
  ClosedStreams closed_;  ///< of a server
  std::vector<std::uint32_t>
      ended_now_;  ///< of a server: streams that end in the input that is scanned
  FloodGuard resets_;
  FloodGuard glitches_;
  bool is_flooded_ = false;
  std::uint32_t misdeed_ = NGHTTP2_NO_ERROR;  ///< of the peer, that nghttp2 does not mind
  bool is_over_ = false;
  bool has_settings_ = false;        ///< of the peer
  std::optional<Instant> head_due_;  ///< a block of fields has begun and not ended
  std::optional<Instant> idle_due_;  ///< servers without a stream
  std::optional<NotReused> retired_;
  std::optional<Error> fatal_;         ///< we said GOAWAY because of this
  std::set<std::int32_t> own_resets_;  ///< of open streams: resets that the peer did not provoke
  Instant now_{};                      ///< of the command or input that runs
};

/// What a code of HTTP/2 means, as an error of that stream or connection.
[[nodiscard]] Error http2_error(std::uint32_t code, const char* what);

}  // namespace bowline::core
