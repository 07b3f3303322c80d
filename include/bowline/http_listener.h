#pragma once

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/http_fields.h>
#include <bowline/loop.h>
#include <bowline/message.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/result.h>
#include <bowline/security.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::session {
class ExchangeBody;
class ListenerBody;
}  // namespace bowline::session

namespace BOWLINE_API bowline {

/// One request that came in, and the response to it. Copies are handles on the same; the last one to go
/// without a response answers 500, and one whose body was not finished cuts it off, so that nobody takes a
/// part for the whole.
///
/// thread    the listener's loop's
class HttpExchange {
 public:
  HttpExchange() = default;
  explicit HttpExchange(session::ExchangeBody& body);
  HttpExchange(const HttpExchange& other);
  HttpExchange(HttpExchange&& other) noexcept;
  HttpExchange& operator=(HttpExchange other) noexcept;
  ~HttpExchange();
  explicit operator bool() const { return body_ != nullptr; }

  // The request.
  [[nodiscard]] const std::string& method() const;
  /// Percent-encoded, as it came, without the query; "*" for OPTIONS of the whole server.
  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::optional<std::string_view> query() const;
  /// "example.com:8080"; may be empty in HTTP/1.0.
  [[nodiscard]] const std::string& authority() const;
  [[nodiscard]] const HttpFields& fields() const;
  /// The first field of that name; empty if there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  /// "HTTP/1.1", "HTTP/2".
  [[nodiscard]] std::string_view version() const;
  [[nodiscard]] bool is_secure() const;
  [[nodiscard]] std::optional<SocketAddress> remote_address() const;
  [[nodiscard]] bool has_body() const;
  /// The next piece of the request's body; at its end an empty message with end_of_stream(). The client is
  /// held back by who does not receive.
  ///
  /// errors    closed, reset, protocol_violation: what cut it off
  [[nodiscard]] Operation<Message> receive();
  /// All of it. errors    limit_exceeded beyond `octets_max`
  [[nodiscard]] Operation<Buffer> receive_all(std::size_t octets_max = std::size_t{16} << 20);

  // The response.
  /// 1xx, any number before the response.
  Result<void> inform(int status, const HttpFields& fields = {});
  /// A whole response. errors    invalid_argument: what cannot be sent, or a second response; closed
  Result<void> respond(int status, const HttpFields& fields = {}, std::string body = {});
  Result<void> respond(int status, const HttpFields& fields, Buffer body);
  /// A response whose body follows by send(); `octets` if its length is known.
  Result<void> begin(int status, const HttpFields& fields = {},
                     std::optional<std::uint64_t> octets = {});
  /// A piece of the body. Completes once it has been taken: so a slow reader holds us back.
  ///
  /// errors    closed: the client is gone, or does not want it; invalid_argument: more than was announced
  [[nodiscard]] Operation<void> send(Buffer bytes);
  [[nodiscard]] Operation<void> send(std::string bytes) {
    return send(Buffer::own(std::move(bytes)));
  }
  /// The end of the body, behind all pieces. Trailers go where the length was not announced.
  Result<void> finish(const HttpFields& trailers = {});
  /// Cuts the response off.
  void abort();
  /// Completes once nothing more is to be done: the response was handed over, or the client is gone (with
  /// the error).
  [[nodiscard]] Operation<void> done();

 private:
  session::ExchangeBody* body_ = nullptr;
};

/// Limits and deadlines of a listener. A value; setters chain.
class HttpListenerOptions {
 public:
  // clang-format off: a setter is one line
  /// All fields of a request together, and how many: 256 KiB and 1,000 unless set.
  HttpListenerOptions& head_octets_max(std::size_t value) { head_octets_max_ = value; return *this; }
  HttpListenerOptions& fields_max(std::size_t value) { fields_max_ = value; return *this; }
  /// From a request's first octet to the end of its head: 10 s unless set.
  HttpListenerOptions& head_within(Duration value) { head_within_ = bounded(value); return *this; }
  /// Between requests: 60 s unless set.
  HttpListenerOptions& idle_timeout(Duration value) { idle_timeout_ = bounded(value); return *this; }
  /// A body has to come at 240 octets a second, and a response has to be taken within 30 s, unless set.
  HttpListenerOptions& body_rate_min(std::size_t octets) { body_rate_min_ = octets; return *this; }
  HttpListenerOptions& write_within(Duration value) { write_within_ = bounded(value); return *this; }
  /// Streams of one HTTP/2 connection at once: 100 unless set.
  HttpListenerOptions& streams_max(std::uint32_t value) { streams_max_ = value; return *this; }
  HttpListenerOptions& connections_max(std::size_t value) { connections_max_ = value; return *this; }
  HttpListenerOptions& parameters(const Parameters& value) { parameters_ = value; return *this; }

  [[nodiscard]] std::size_t head_octets_max() const { return head_octets_max_; }
  [[nodiscard]] std::size_t fields_max() const { return fields_max_; }
  [[nodiscard]] Duration head_within() const { return head_within_; }
  [[nodiscard]] Duration idle_timeout() const { return idle_timeout_; }
  [[nodiscard]] std::size_t body_rate_min() const { return body_rate_min_; }
  [[nodiscard]] Duration write_within() const { return write_within_; }
  [[nodiscard]] std::uint32_t streams_max() const { return streams_max_; }
  [[nodiscard]] std::size_t connections_max() const { return connections_max_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  // clang-format on

 private:
  std::size_t head_octets_max_ = std::size_t{256} * 1024;
  std::size_t fields_max_ = 1000;
  Duration head_within_ = std::chrono::seconds(10);
  Duration idle_timeout_ = std::chrono::seconds(60);
  std::size_t body_rate_min_ = 240;
  Duration write_within_ = std::chrono::seconds(30);
  std::uint32_t streams_max_ = 100;
  std::size_t connections_max_ = 10'000;
  Parameters parameters_;
};

/// An HTTP server: HTTP/1.1 and HTTP/2, over TLS or not. Each request goes to one handler, which may answer
/// at once or keep the exchange and answer later. Copies are handles on the same; the last one to go closes
/// it, and cuts off what is under way.
///
/// thread    the loop's
/// lifetime  keeps Loop::run going
class HttpListener {
 public:
  using Handler = std::move_only_function<void(HttpExchange)>;

  HttpListener() = default;
  /// Over TLS, by h2 and http/1.1: what `security` says of ALPN does not count.
  ///
  /// errors    as listen()
  [[nodiscard]] static Result<HttpListener> open(Loop& loop, const Endpoint& local,
                                                 const SecurityOptions& security, Handler handler,
                                                 const HttpListenerOptions& options = {});
  /// In the clear; HTTP/2 for who begins with its preface (RFC 9113 3.3).
  [[nodiscard]] static Result<HttpListener> open_plain(Loop& loop, const Endpoint& local,
                                                       Handler handler,
                                                       const HttpListenerOptions& options = {});
  HttpListener(const HttpListener& other);
  HttpListener(HttpListener&& other) noexcept;
  HttpListener& operator=(HttpListener other) noexcept;
  ~HttpListener();
  explicit operator bool() const { return body_ != nullptr; }

  [[nodiscard]] SocketAddress local_address() const;
  /// Takes no new connections and requests; what is under way goes on for at most `grace`. Completes when
  /// nothing is left.
  [[nodiscard]] Operation<void> close(Duration grace);
  [[nodiscard]] std::size_t connection_count() const;
  [[nodiscard]] std::uint64_t request_count() const;

 private:
  explicit HttpListener(session::ListenerBody& body);
  session::ListenerBody* body_ = nullptr;
};

}  // namespace BOWLINE_API bowline
