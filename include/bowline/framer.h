#pragma once

#include <bowline/export.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace BOWLINE_API bowline {

/// What a framer may do from inside its handlers; only valid during the call it was given to.
class FramerContext {
 public:
  /// Bytes from below that were not consumed yet, in one piece; only in handle_input.
  [[nodiscard]] virtual std::span<const std::byte> input() const = 0;
  /// Drops the first `count` bytes of the input; at most what is there.
  virtual void consume(std::size_t count) = 0;
  /// Hands the first `count` bytes of the input on as (part of) a message, without a copy where that is
  /// possible, and drops them. `complete` ends the message.
  virtual void deliver_input(std::size_t count, bool complete) = 0;
  /// Hands on bytes of the framer's own making.
  virtual void deliver(std::span<const std::byte> bytes, bool complete) = 0;
  /// Writes bytes to the layer below.
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// The framer's own handshake is done; only once, and only if start() said `false`.
  virtual void mark_ready() = 0;
  /// Calls handle_timeout at `at`; replaces the instant set before. Nothing disarms.
  virtual void wake_at(std::optional<Instant> at) = 0;
  [[nodiscard]] virtual Instant now() const = 0;

 protected:
  ~FramerContext() = default;
};

/// Cuts a byte stream into messages: a protocol of your own, or one of ours, on top of a stack.
///
/// One framer serves one attempt: a race makes several from the same factory, so they share no state.
/// An error returned from any handler fails the attempt, or the connection once it is ready.
class Framer {
 public:
  virtual ~Framer() = default;

  /// "length-prefixed": for logs and reports; a literal.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The layer below is ready. True: so is this framer. False: it will call mark_ready() after a handshake.
  virtual Result<bool> start(FramerContext& context) = 0;
  /// More input has come. Consume or deliver what can be understood; the rest is kept and comes again,
  /// longer. Input that a framer leaves alone may grow to `input_bytes_max()`, then the connection fails with
  /// limit_exceeded.
  virtual Result<void> handle_input(FramerContext& context) = 0;
  /// The layer below ended; unconsumed input is still there. Nothing further comes.
  virtual Result<void> handle_end(FramerContext& context) = 0;
  /// Write one whole message as the protocol puts it.
  virtual Result<void> handle_output(FramerContext& context,
                                     std::span<const std::byte> message) = 0;
  virtual Result<void> handle_timeout(FramerContext& context) = 0;

  /// Largest message that can be sent, and received.
  [[nodiscard]] virtual std::size_t message_bytes_max() const = 0;
  /// Cap on input that waits to be understood.
  [[nodiscard]] virtual std::size_t input_bytes_max() const = 0;
};

}  // namespace BOWLINE_API bowline
