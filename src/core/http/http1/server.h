#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/driver_contract.h"
#include "core/http/connection.h"
#include "core/http/http1/body_sender.h"
#include "core/http/outbox.h"
#include "core/http/pace.h"
#include "wire/http1/parser.h"

namespace bowline::core {

/// HTTP/1 as a server: requests are read one after the other, whether the client waits for answers or not.
class Http1Server final : public HttpConnection {
 public:
  explicit Http1Server(Options options);

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
  bool wants_input() const override;
  std::size_t room(StreamId stream) const override;
  std::optional<NotReused> not_reused() const override;
  std::size_t stream_count() const override { return has_stream_ ? 1 : 0; }

 private:
  enum class Receiving : std::uint8_t { head, body, nothing };
  enum class Responding : std::uint8_t { nothing, body, done };

  [[nodiscard]] bool take(const wire::Http1Parser::Step& step, Instant now);
  void handle_head(Instant now);
  void handle_body(std::span<const std::byte> body);
  void handle_message_end(Instant now);
  [[nodiscard]] std::size_t handle_tunnel_input(std::span<const std::byte> bytes);
  void handle_tunnel_end(std::optional<Error> cut_off);
  void refuse(const Error& error, Instant now);
  Result<void> send_interim(const wire::ResponseHead& head, Instant now);
  Result<void> send_final(const wire::ResponseHead& head, HttpBodySize size, Instant now);
  Result<void> open_tunnel(const wire::ResponseHead& head, Instant now);
  [[nodiscard]] wire::BodyFraming framing_for(int status, HttpBodySize size) const;
  [[nodiscard]] bool is_tunnel_answer(int status) const;
  void finish_response(Instant now);
  void finish_stream(Instant now);
  void await_request(Instant now);
  void update_pace(Instant now);
  void retire(NotReused reason);
  void close(std::optional<Error> error);
  void fail(Error error);
  [[nodiscard]] bool is_current(StreamId stream) const {
    return has_stream_ && stream == stream_ && !is_over_;
  }

  const Options options_;
  HttpOutbox outbox_;
  DriverContract contract_;
  wire::Http1Parser parser_;
  BodySender sender_;
  PaceGuard pace_;
  StreamId stream_ = 0;
  bool has_stream_ = false;
  Receiving receiving_ = Receiving::head;
  Responding responding_ = Responding::nothing;
  bool is_tunnel_ = false;
  bool is_over_ = false;
  bool has_input_ended_ = false;
  bool is_waiting_for_continue_ = false;  ///< the client may not send the body before it is told to
  bool closes_ = false;
  std::string method_;
  std::string protocol_;
  wire::HttpVersion peer_version_ = wire::HttpVersion::http1_1;
  std::size_t unconsumed_ = 0;
  std::size_t discarded_ = 0;
  std::optional<Instant>
      request_due_;  ///< when a head has to be complete, or a kept connection is given up
  bool is_head_begun_ = false;
  std::optional<NotReused> retired_;
};

}  // namespace bowline::core
