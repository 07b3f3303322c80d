#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <bowline/http_fields.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include "core/http/outbox.h"
#include "wire/http1/framing.h"

namespace bowline::core {

/// Frames the body of one message, or passes on a tunnel's octets.
class BodySender {
 public:
  explicit BodySender(HttpOutbox& outbox) : outbox_(outbox) {}

  void begin(const wire::BodyFraming& framing);
  /// The message has a body that is not sent: an answer to HEAD, or one that nobody wants any more.
  void drop();

  [[nodiscard]] bool is_done() const { return is_done_; }
  [[nodiscard]] bool is_dropping() const { return is_dropping_; }
  [[nodiscard]] Result<std::size_t> send(std::span<const std::byte> bytes, std::size_t room,
                                         Instant now);
  /// Nothing follows. For a tunnel that is up to the transport.
  [[nodiscard]] Result<void> end(const HttpFields& trailers, Instant now);

 private:
  HttpOutbox& outbox_;
  wire::BodyFraming framing_;
  std::uint64_t left_ = 0;  // of a fixed body
  bool is_done_ = true;
  bool is_dropping_ = false;
};

/// How HTTP/1 says the size of a body.
[[nodiscard]] wire::BodyFraming framing_of(HttpBodySize size);

}  // namespace bowline::core
