#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include <bowline/http_fields.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include "core/http/priority.h"
#include "wire/http/message.h"
#include "wire/http1/parser.h"

namespace bowline::core {

/// Why a connection takes no further request. Each one that is not used again has such a reason.
enum class NotReused : std::uint8_t {
  in_use,              ///< HTTP/1: another request is under way; not pipelined. May pass
  streams_used_up,     ///< HTTP/2: as many as the peer allows at once. May pass
  peer_closes,         ///< the peer said that this was the last
  peer_closed,         ///< the peer has ended the connection, or said GOAWAY
  we_close,            ///< shutdown(), or a request that was cancelled on HTTP/1
  body_until_close,    ///< HTTP/1: a response without a length
  request_unfinished,  ///< HTTP/1: the answer came before the body was sent
  unasked_octets,      ///< HTTP/1: something came behind a response
  became_tunnel,       ///< another protocol is spoken here now
  stream_ids_used_up,  ///< HTTP/2
  broken,              ///< an error, of the transport or the protocol
};
[[nodiscard]] std::string_view to_string(NotReused reason);  // "in use", "peer closes"
/// The same connection may take requests later.
[[nodiscard]] bool may_pass(NotReused reason);

/// What is known of a body before it is sent.
class HttpBodySize {
 public:
  [[nodiscard]] static constexpr HttpBodySize none() { return {0, false, true}; }
  [[nodiscard]] static constexpr HttpBodySize of(std::uint64_t octets) {
    return {octets, false, false};
  }
  [[nodiscard]] static constexpr HttpBodySize unknown() { return {0, true, false}; }

  [[nodiscard]] constexpr bool is_unknown() const { return is_unknown_; }
  [[nodiscard]] constexpr bool is_none() const { return is_none_; }
  /// Meaningful unless it is unknown.
  [[nodiscard]] constexpr std::uint64_t octets() const { return octets_; }

 private:
  constexpr HttpBodySize(std::uint64_t octets, bool is_unknown, bool is_none)
      : octets_(octets), is_unknown_(is_unknown), is_none_(is_none) {}

  std::uint64_t octets_;
  bool is_unknown_;
  bool is_none_;
};

/// Whether a request that failed may be sent again on another connection.
enum class HttpRetry : std::uint8_t {
  never,          ///< it may have been carried out
  if_idempotent,  ///< nobody knows; sent twice, a safe or idempotent one does no harm (RFC 9110 9.2.2)
  always,         ///< the peer said that it did nothing with it
};

/// One HTTP connection as a machine, client or server, of any version, over a stream of octets.
///
/// A request and its response are a stream: at most one at a time in HTTP/1, many in HTTP/2. A stream ends
/// with
/// StreamDone or StreamFailed, the connection with Closed.
///
///   send_request --> ResponseReceived (interim first) --> BodyReceived ... --> MessageEnded --> StreamDone
///   RequestReceived --> BodyReceived ... --> MessageEnded; send_response, send_body, end_body --> StreamDone
///   CONNECT, Upgrade: TunnelOpened; then bodies are the other protocol's octets, both ways
///
/// source    RFC 9110; RFC 9112 for HTTP/1; RFC 9113 and 9218 for HTTP/2
class HttpConnection {
 public:
  using StreamId = std::uint64_t;

  struct Options {
    wire::Http1Parser::Limits limits = {};  ///< of heads and trailers, for HTTP/2 too
    std::size_t interim_max = 32;           ///< interim responses before a final one
    std::size_t unwritten_max =
        256 * 1024;  ///< octets queued to be written, above which bodies wait
    std::size_t unconsumed_max = 256 * 1024;  ///< octets of a body given out and not consumed
    Duration continue_wait =
        std::chrono::seconds(1);  ///< for 100 (Continue); then the body is sent
    // Servers only.
    Duration head_timeout = std::chrono::seconds(10);
    Duration idle_timeout = std::chrono::seconds(60);  ///< between requests
    std::size_t body_rate_min = 240;  ///< octets a second, measured after the grace
    Duration body_grace = std::chrono::seconds(5);
    Duration write_timeout = std::chrono::seconds(30);  ///< the peer takes nothing; clients too
    std::size_t discarded_max =
        64 * 1024;                    ///< HTTP/1: of a request's body whose answer is sent already
    std::uint32_t streams_max = 100;  ///< HTTP/2: that the peer may have open at once
  };

  struct RequestForm {
    HttpBodySize body = HttpBodySize::none();
    bool expects_continue =
        false;  ///< the body waits for 100 (Continue), but not for longer than an option says
    bool is_absolute = false;  ///< HTTP/1: to a proxy that forwards
    HttpPriority priority = {};
  };

  HttpConnection() = default;
  virtual ~HttpConnection() = default;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Commands.
  /// The transport is ready.
  virtual void start(Instant now) = 0;
  /// Clients.
  ///
  /// errors    not_ready with the reason, as not_reused() gives it; invalid_argument: what cannot be sent
  [[nodiscard]] virtual Result<StreamId> send_request(const wire::RequestHead& head,
                                                      const RequestForm& form, Instant now) = 0;
  /// Servers: any number of interim ones, then a final one. For an Upgrade that is taken, 101 whatever the
  /// version.
  ///
  /// errors    invalid_argument: what cannot be sent, and a second final response; closed: the stream is over
  virtual Result<void> send_response(StreamId stream, const wire::ResponseHead& head,
                                     HttpBodySize body, Instant now) = 0;
  /// Takes octets of a body or tunnel, at most room(), and says how many. What nobody wants any more is
  /// taken and
  /// dropped.
  ///
  /// errors    invalid_argument: more than was announced
  virtual Result<std::size_t> send_body(StreamId stream, std::span<const std::byte> bytes,
                                        Instant now) = 0;
  /// Trailers are sent where the body's size was not announced, and dropped elsewhere.
  ///
  /// errors    invalid_argument: trailers that cannot be sent; less than was announced: the stream has failed
  virtual Result<void> end_body(StreamId stream, const HttpFields& trailers, Instant now) = 0;
  /// Nobody waits for the stream any more; nothing comes from it, not even StreamFailed. HTTP/1 closes.
  virtual void cancel(StreamId stream, Instant now) = 0;
  /// So many octets of BodyReceived are used up, and more may come.
  virtual void mark_consumed(StreamId stream, std::size_t count, Instant now) = 0;
  virtual void set_priority(StreamId stream, const HttpPriority& priority, Instant now) = 0;
  /// What is under way goes on, nothing new begins, then it closes.
  virtual void shutdown(Instant now) = 0;

  // Inputs.
  /// Gives how many octets were taken from the front; fewer than all only if wants_input() is false now:
  /// then the
  /// rest is to be given again once it is true.
  [[nodiscard]] virtual std::size_t handle_input(std::span<const std::byte> bytes, Instant now) = 0;
  /// The peer has ended its side; with an error, if the transport broke or cannot prove that this is the end.
  virtual void handle_end(std::optional<Error> cut_off, Instant now) = 0;
  virtual void handle_timeout(Instant now) = 0;
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;

  // Outputs.
  struct RequestReceived {
    StreamId stream;
    wire::RequestHead head;
    bool has_body;  ///< or a tunnel that may be opened
  };
  struct ResponseReceived {
    StreamId stream;
    wire::ResponseHead head;
  };
  struct BodyReceived {
    StreamId stream;
    std::span<const std::byte>
        bytes;  ///< of those given to handle_input, valid as long as they are
  };
  struct MessageEnded {
    StreamId stream;
    HttpFields trailers;
  };
  struct TunnelOpened {
    StreamId stream;
  };
  /// send_body takes octets, or takes them again.
  struct RoomMade {
    StreamId stream;
  };
  /// The peer has answered and does not want the rest of the request's body.
  struct BodyUnwanted {
    StreamId stream;
  };
  struct StreamDone {
    StreamId stream;
  };
  struct StreamFailed {
    StreamId stream;
    Error error;
    HttpRetry retry;
  };
  /// No new request can be sent or will come.
  struct Closing {
    NotReused reason;
  };
  /// The sending side of the transport is to be ended once unwritten() is written.
  struct OutputEnded {};
  /// The last of all: the transport is to be closed once unwritten() is written.
  struct Closed {
    std::optional<Error> error;
  };
  using Output =
      std::variant<RequestReceived, ResponseReceived, BodyReceived, MessageEnded, TunnelOpened,
                   RoomMade, BodyUnwanted, StreamDone, StreamFailed, Closing, OutputEnded, Closed>;
  [[nodiscard]] virtual std::optional<Output> poll() = 0;
  /// Bulk: need not be written before the next input.
  [[nodiscard]] virtual std::span<const std::byte> unwritten() const = 0;
  virtual void mark_written(std::size_t count, Instant now) = 0;

  // Questions.
  [[nodiscard]] virtual wire::HttpVersion version() const = 0;
  /// False while what was received has to be consumed or answered first.
  [[nodiscard]] virtual bool wants_input() const = 0;
  /// How many octets send_body takes now.
  [[nodiscard]] virtual std::size_t room(StreamId stream) const = 0;
  /// Why no request can be sent now; nothing if one can.
  [[nodiscard]] virtual std::optional<NotReused> not_reused() const = 0;
  [[nodiscard]] virtual std::size_t stream_count() const = 0;
};

[[nodiscard]] std::unique_ptr<HttpConnection> make_http1_client(HttpConnection::Options options);
[[nodiscard]] std::unique_ptr<HttpConnection> make_http1_server(HttpConnection::Options options);
/// The client's preface is a part of it; the ALPN identifier is `h2`, or `h2c` was agreed on otherwise.
[[nodiscard]] std::unique_ptr<HttpConnection> make_http2_client(HttpConnection::Options options);
[[nodiscard]] std::unique_ptr<HttpConnection> make_http2_server(HttpConnection::Options options);

}  // namespace bowline::core
