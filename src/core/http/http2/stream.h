#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <bowline/error.h>
#include <bowline/http_fields.h>
#include <bowline/time.h>

#include "core/http/pace.h"
#include "wire/http/message.h"

namespace bowline::core {

/// One stream of HTTP/2: what is known of the message that comes, and of the one that goes.
struct Http2Stream {
  explicit Http2Stream(PaceGuard guard) : pace(guard) {}

  // What comes.
  wire::RequestHead request;
  wire::ResponseHead response;
  HttpFields trailers;
  std::size_t head_octets = 0;  ///< of the block of fields that is being read
  bool has_head = false;        ///< the request, or the final response, is complete
  bool has_input_ended = false;
  std::size_t interim_count = 0;
  std::size_t unconsumed = 0;
  PaceGuard pace;  ///< servers

  // What goes.
  std::string queue;                  ///< of the body
  std::size_t queue_taken = 0;        ///< of the queue
  std::optional<std::uint64_t> left;  ///< of a body whose size was announced
  HttpFields trailers_to_send;
  bool has_body_to_send = false;
  bool has_output_ended = false;  ///< end_body() was called, or there is no body
  bool has_sent_end = false;      ///< and the peer was told
  bool is_deferred = false;       ///< nghttp2 waits for more of the body
  bool was_full = false;
  bool is_answer_dropped = false;  ///< a body that is not sent: HEAD, or nobody wants it
  bool has_responded = false;
  std::optional<Instant> continue_at;
  std::optional<Instant>
      stalled_since;  ///< there is something to send, and the peer lets nothing of it go

  bool asks_for_tunnel = false;
  bool is_tunnel = false;
  std::optional<Error> error;  ///< why we reset it

  [[nodiscard]] std::size_t queued() const { return queue.size() - queue_taken; }
};

}  // namespace bowline::core
