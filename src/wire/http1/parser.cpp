#include "wire/http1/parser.h"

#include <algorithm>
#include <utility>

#include "wire/http1/chunks.h"
#include "wire/http1/head.h"

namespace bowline::wire {

namespace {

constexpr std::size_t chunk_line_bytes_max = 64;  // without extensions

}  // namespace

Result<Http1Parser::Step> Http1Parser::parse(std::span<const std::byte> bytes) {
  if (error_) return *error_;
  std::span<const std::byte> rest = bytes;
  std::span<const std::byte> body;
  // Some lines give no event; each turn takes octets or gives one.
  for (;;) {
    const auto event = advance(rest, body);
    if (!event.has_value()) {
      error_ = event.error();
      return event.error();
    }
    if (*event != Event::more || rest.empty() || is_tunnel())
      return Step{*event, bytes.size() - rest.size(), body};
  }
}

Result<Http1Parser::Event> Http1Parser::handle_end() {
  if (error_) return *error_;
  if (is_idle() || is_tunnel()) return Event::more;
  if (state_ == State::until_close || state_ == State::complete) return end_message();
  std::string rule = "the peer closed inside a message";
  if (state_ == State::fixed)
    rule += ", after " + std::to_string(received_) + " of " + std::to_string(framing_.length) +
            " octets of the body";
  else if (framing_.kind == BodyKind::chunked)
    rule += ", after " + std::to_string(received_) + " octets of the body";
  error_ = Error(ErrorKind::closed, "parse http", rule);
  return *error_;
}

void Http1Parser::expect_response_to(std::string_view method) {
  method_ = method;
  begin_message();
}

bool Http1Parser::is_idle() const {
  const bool has_begun = state_ != State::idle && state_ != State::start_line;
  return !has_begun && lines_.empty();
}

Result<Http1Parser::Event> Http1Parser::advance(std::span<const std::byte>& bytes,
                                                std::span<const std::byte>& body) {
  switch (state_) {
    case State::idle:
      if (bytes.empty()) return Event::more;
      if (role_ == Role::responses)
        return Error(ErrorKind::protocol_violation, ErrorDomain::http, 400, "parse http",
                     "octets behind the response, or before a request");
      begin_message();
      return Event::more;
    case State::start_line:
    case State::fields:
    case State::chunk_size:
    case State::chunk_end:
    case State::trailers: return take_line(bytes);
    case State::fixed:
    case State::chunk_data:
    case State::until_close: return take_body(bytes, body);
    case State::complete: return end_message();
    case State::tunnel: return Event::more;
  }
  return Event::more;
}

Result<Http1Parser::Event> Http1Parser::take_line(std::span<const std::byte>& bytes) {
  if (bytes.empty()) return Event::more;
  BOWLINE_TRY(const auto line, lines_.take(bytes, line_budget_, line_status()));
  if (!line) return Event::more;
  return handle_line(*line);
}

int Http1Parser::line_status() const {
  if (state_ == State::start_line) return role_ == Role::requests ? 414 : 400;
  return state_ == State::fields || state_ == State::trailers ? 431 : 400;
}

Result<Http1Parser::Event> Http1Parser::handle_line(std::string_view line) {
  if (state_ == State::start_line) return handle_start_line(line);
  if (state_ == State::fields) return handle_field_line(line);
  if (state_ == State::chunk_size) return handle_chunk_size(line);
  if (state_ == State::trailers) return handle_trailer_line(line);
  if (!line.empty()) return bad_http1(400, "a chunk is longer than it said");
  state_ = State::chunk_size;
  line_budget_ = chunk_line_bytes_max + extension_budget_;
  return Event::more;
}

Result<Http1Parser::Event> Http1Parser::handle_start_line(std::string_view line) {
  if (line.empty() && role_ == Role::requests && !std::exchange(has_skipped_line_, true))
    return Event::more;  // RFC 9112 2.2: some clients send one behind a body
  if (role_ == Role::requests) {
    BOWLINE_TRY_VOID(read_request_line(line, request_));
  } else {
    BOWLINE_TRY_VOID(read_status_line(line, response_));
  }
  state_ = State::fields;
  line_budget_ = limits_.head_bytes_max - std::min(line.size() + 2, limits_.head_bytes_max);
  return Event::more;
}

Result<Http1Parser::Event> Http1Parser::handle_field_line(std::string_view line) {
  if (line.empty()) return finish_head();
  HttpFields& fields = role_ == Role::requests ? request_.fields : response_.fields;
  BOWLINE_TRY_VOID(read_field_line(line, limits_.fields_max, fields));
  return Event::more;
}

Result<Http1Parser::Event> Http1Parser::finish_head() {
  if (role_ == Role::requests) {
    BOWLINE_TRY_VOID(finish_request_head(request_));
    BOWLINE_TRY(framing_, request_framing(request_));
  } else {
    BOWLINE_TRY(framing_, response_framing(response_, method_));
  }
  begin_body();
  return Event::head;
}

void Http1Parser::begin_body() {
  left_ = framing_.length;
  switch (framing_.kind) {
    case BodyKind::none: state_ = State::complete; break;
    case BodyKind::fixed: state_ = State::fixed; break;
    case BodyKind::chunked:
      state_ = State::chunk_size;
      extension_budget_ = limits_.chunk_extension_bytes_max;
      line_budget_ = chunk_line_bytes_max + extension_budget_;
      break;
    case BodyKind::until_close: state_ = State::until_close; break;
    case BodyKind::tunnel: state_ = State::tunnel; break;
  }
}

Http1Parser::Event Http1Parser::take_body(std::span<const std::byte>& bytes,
                                          std::span<const std::byte>& body) {
  if (bytes.empty()) return Event::more;
  const bool has_length = state_ != State::until_close;
  const std::size_t count =
      has_length ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                 : bytes.size();
  body = bytes.first(count);
  bytes = bytes.subspan(count);
  received_ += count;
  if (!has_length) return Event::body;
  left_ -= count;
  if (left_ == 0 && state_ == State::fixed) state_ = State::complete;
  if (left_ == 0 && state_ == State::chunk_data) {
    state_ = State::chunk_end;
    line_budget_ = 2;
  }
  return Event::body;
}

Result<Http1Parser::Event> Http1Parser::handle_chunk_size(std::string_view line) {
  BOWLINE_TRY(left_, read_chunk_size(line, extension_budget_));
  state_ = left_ > 0 ? State::chunk_data : State::trailers;
  if (left_ == 0) line_budget_ = limits_.trailer_bytes_max;
  return Event::more;
}

Result<Http1Parser::Event> Http1Parser::handle_trailer_line(std::string_view line) {
  if (line.empty()) return end_message();
  BOWLINE_TRY_VOID(read_field_line(line, limits_.fields_max, trailers_));
  if (is_hop_field(trailers_[trailers_.size() - 1].name))
    return bad_http1(400, "a trailer would change how the message is read");
  return Event::more;
}

Http1Parser::Event Http1Parser::end_message() {
  const bool is_interim = role_ == Role::responses && response_.is_interim();
  if (is_interim) {
    begin_message();
    return Event::more;
  }
  state_ = State::idle;
  return Event::end;
}

void Http1Parser::begin_message() {
  state_ = State::start_line;
  line_budget_ = std::min(limits_.start_line_bytes_max, limits_.head_bytes_max);
  has_skipped_line_ = false;
  request_ = RequestHead();
  response_ = ResponseHead();
  trailers_.clear();
  framing_ = BodyFraming();
  left_ = received_ = 0;
}

}  // namespace bowline::wire
