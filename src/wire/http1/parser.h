#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "wire/http/message.h"
#include "wire/http1/framing.h"
#include "wire/http1/line_reader.h"

namespace bowline::wire {

/// One direction of an HTTP/1 connection: messages out of octets that come in any pieces.
///
///   head --> body, body ... --> end --> the next head
///     '--> (interim response: the next head)    '--> (tunnel: nothing more is taken)
///
/// What a body holds is not copied. After an error nothing more can be read from the peer: every call gives
/// the
/// same error.
///
/// source    RFC 9112
class Http1Parser {
 public:
  enum class Role : std::uint8_t { requests, responses };
  struct Limits {
    std::size_t start_line_bytes_max = std::size_t{16} * 1024;
    std::size_t head_bytes_max = std::size_t{256} * 1024;  ///< the start line included
    std::size_t fields_max = 1000;                         ///< of a head, and of trailers
    std::size_t trailer_bytes_max = std::size_t{64} * 1024;
    std::size_t chunk_extension_bytes_max = std::size_t{4} * 1024;  ///< of a whole message
  };
  enum class Event : std::uint8_t {
    more,  ///< all was taken, or what follows is a tunnel's
    head,  ///< request() or response() is there
    body,  ///< `body` is the next part of it
    end,   ///< the message is complete, trailers() are there
  };
  struct Step {
    Event event = Event::more;
    std::size_t consumed = 0;  ///< octets taken from the front
    std::span<const std::byte> body = {};
  };

  Http1Parser(Role role, Limits limits) : role_(role), limits_(limits) {}

  /// Reads on until something has happened. Call it again with the rest until it says `more`.
  ///
  /// errors    malformed, unsupported, limit_exceeded in the domain http; the code is the status with which a
  ///           server answers: 400, 414, 431, 501, 505. protocol_violation: a response that nobody waits for
  [[nodiscard]] Result<Step> parse(std::span<const std::byte> bytes);
  /// The peer has ended its side. `end` if that ends a body, `more` if no message was under way.
  ///
  /// errors    closed: a message was cut off; it says how much of the body had come
  [[nodiscard]] Result<Event> handle_end();

  /// The next response answers a request of this method; before its first octet is parsed.
  void expect_response_to(std::string_view method);

  [[nodiscard]] Role role() const { return role_; }
  /// Valid until the next message begins; may be moved from.
  [[nodiscard]] RequestHead& request() { return request_; }
  [[nodiscard]] ResponseHead& response() { return response_; }
  [[nodiscard]] const BodyFraming& framing() const { return framing_; }
  [[nodiscard]] HttpFields& trailers() { return trailers_; }
  /// Between messages: nothing of the next one has come.
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] bool is_tunnel() const { return state_ == State::tunnel; }

 private:
  enum class State : std::uint8_t {
    idle,  ///< a response is not waited for
    start_line,
    fields,
    fixed,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    until_close,
    complete,  ///< the end of the message has not been told yet
    tunnel,
  };

  Result<Event> advance(std::span<const std::byte>& bytes, std::span<const std::byte>& body);
  Result<Event> take_line(std::span<const std::byte>& bytes);
  Result<Event> handle_line(std::string_view line);
  Result<Event> handle_start_line(std::string_view line);
  Result<Event> handle_field_line(std::string_view line);
  Result<Event> finish_head();
  Result<Event> handle_chunk_size(std::string_view line);
  Result<Event> handle_trailer_line(std::string_view line);
  Event take_body(std::span<const std::byte>& bytes, std::span<const std::byte>& body);
  Event end_message();
  void begin_message();
  void begin_body();
  [[nodiscard]] int line_status() const;

  const Role role_;
  const Limits limits_;
  State state_ = State::idle;
  LineReader lines_;
  std::size_t line_budget_ = 0;
  std::size_t extension_budget_ = 0;
  bool has_skipped_line_ = false;
  std::string method_;  // that a response answers
  RequestHead request_;
  ResponseHead response_;
  BodyFraming framing_;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::uint64_t received_ = 0;
  HttpFields trailers_;
  std::optional<Error> error_;
};

}  // namespace bowline::wire
