#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/driver_contract.h"
#include "core/http/connection.h"
#include "core/http/http1/body_sender.h"
#include "core/http/outbox.h"
#include "wire/http1/parser.h"

namespace bowline::core {

/// HTTP/1 as a client: one request at a time.
class Http1Client final : public HttpConnection {
 public:
  explicit Http1Client(Options options);

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

  wire::HttpVersion version() const override { return wire::HttpVersion::http1_1; }
  bool wants_input() const override { return unconsumed_ < options_.unconsumed_max; }
  std::size_t room(StreamId stream) const override;
  std::optional<NotReused> not_reused() const override;
  std::size_t stream_count() const override { return has_stream_ ? 1 : 0; }

 private:
  void read(std::span<const std::byte> bytes);
  Result<void> handle_step(const wire::Http1Parser::Step& step);
  Result<void> handle_head();
  Result<void> handle_interim();
  void handle_final();
  void handle_message_end();
  void handle_tunnel_input(std::span<const std::byte> bytes);
  void handle_tunnel_end(std::optional<Error> cut_off);
  void stop_sending();
  void finish_stream_if_done();
  /// No request follows this one.
  void retire(NotReused reason);
  void close();
  void fail(Error error, HttpRetry retry);
  [[nodiscard]] bool is_current(StreamId stream) const { return has_stream_ && stream == stream_; }

  const Options options_;
  HttpOutbox outbox_;
  DriverContract contract_;
  wire::Http1Parser parser_;
  BodySender sender_;
  StreamId stream_ = 0;
  bool has_stream_ = false;
  bool is_answered_ = false;  ///< the response has ended
  bool has_response_begun_ = false;
  bool is_tunnel_ = false;
  bool asks_for_protocol_ = false;
  bool is_over_ = false;
  std::size_t interim_count_ = 0;
  std::size_t unconsumed_ = 0;
  std::optional<Instant> continue_at_;  ///< the body waits until then for 100 (Continue)
  std::optional<NotReused> retired_;
};

}  // namespace bowline::core
