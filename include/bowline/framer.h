#pragma once

#include <bowline/buffer.h>
#include <bowline/export.h>
#include <bowline/message.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace BOWLINE_API bowline {

class Endpoint;
struct SocketAddress;

/// Which end of a connection a framer serves: the one that connected, or the one that accepted.
enum class FramerRole : std::uint8_t { client, server };

/// What a framer may do from inside its handlers; only valid during the call it was given to.
///
/// What it writes and delivers is queued, and passed on in that order once the handler has returned: no other
/// handler of the same framer runs inside of it.
class FramerContext {
 public:
  [[nodiscard]] virtual FramerRole role() const = 0;
  /// The peer as the user named it; its address where the connection was accepted.
  [[nodiscard]] virtual Endpoint remote_endpoint() const = 0;
  [[nodiscard]] virtual SocketAddress remote_address() const = 0;
  [[nodiscard]] virtual Instant now() const = 0;
  /// The user has closed the connection: nothing that is delivered will be seen.
  [[nodiscard]] virtual bool is_closing() const = 0;

  /// Bytes from below that were not consumed yet, in one piece; changed by consume and deliver_input.
  [[nodiscard]] virtual std::span<const std::byte> input() const = 0;
  /// Drops the first `count` bytes of the input; at most what is there.
  virtual void consume(std::size_t count) = 0;

  /// Hands the first `count` bytes of the input on as a message, or as a piece of one, without a copy where
  /// that is possible, and drops them. A framer above sees the bytes only, as a stream.
  virtual void deliver_input(std::size_t count, MessageContext message) = 0;
  void deliver_input(std::size_t count) { deliver_input(count, MessageContext()); }
  /// Hands on bytes of the framer's own making, which are copied.
  virtual void deliver(std::span<const std::byte> bytes, MessageContext message) = 0;
  void deliver(std::span<const std::byte> bytes) { deliver(bytes, MessageContext()); }
  /// The same with bytes that are given away: not copied.
  virtual void deliver(Buffer bytes, MessageContext message) = 0;
  /// The peer said goodbye: behind what was delivered the user receives end_of_stream(), with `goodbye` as
  /// the message's context. What still comes from below is dropped, unseen. Sending goes on, if the
  /// protocol allows it.
  virtual void mark_ended(MessageContext goodbye) = 0;
  void mark_ended() { mark_ended(MessageContext()); }

  /// Writes bytes, which are copied, to the layer below; `message` is for a framer there.
  virtual void write(std::span<const std::byte> bytes, MessageContext message) = 0;
  void write(std::span<const std::byte> bytes) { write(bytes, MessageContext()); }

  /// Bytes that framers wrote and the transport has not taken yet. While there are some, the peer does not
  /// read.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  /// Fills `bytes` with bytes that nobody can guess, but in the simulator, where a seed gives them.
  virtual void fill_random(std::span<std::byte> bytes) = 0;

  /// The framer's own handshake is done; only if start() said `false`.
  virtual void mark_ready() = 0;
  /// The framer's own goodbye is done; only if handle_close() said `false`.
  virtual void mark_closed() = 0;
  /// Calls handle_timeout at `at`; replaces the instant set before. Nothing disarms.
  virtual void wake_at(std::optional<Instant> at) = 0;

 protected:
  ~FramerContext() = default;
};

/// What a framer knows of its connection that its users may ask for: a base for your own.
struct FramerFacts {
  FramerFacts() = default;
  FramerFacts(const FramerFacts&) = delete;
  FramerFacts& operator=(const FramerFacts&) = delete;
  virtual ~FramerFacts() = default;
};

/// Cuts a byte stream into messages: a protocol of your own, or one of ours, on top of a stack. A simple
/// one is a name, handle_input and handle_output; see docs/framers.md.
///
/// One framer serves one attempt: a race makes several from the same factory, so they share no state.
///
/// errors    one returned from a handler fails the attempt, or the connection once it is ready; what the
///           framer wrote until then, such as the protocol's own word for the error, is sent first
class Framer {
 public:
  virtual ~Framer() = default;

  /// "length-prefixed": for logs and reports; a literal.
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// More input has come. Consume or deliver what can be understood; the rest is kept and comes again,
  /// longer. Input that a framer leaves alone may grow to `input_bytes_max()`, then the connection fails with
  /// limit_exceeded.
  virtual Result<void> handle_input(FramerContext& context) = 0;
  /// Write one message, or a piece of one, as the protocol puts it; never more than message_bytes_max(), and
  /// never one that is not accepted.
  ///
  /// errors    before anything is written, an error refuses this one send, and the connection goes on
  virtual Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                                     const MessageContext& message) = 0;

  /// The layer below is ready. True: so is this framer. False: it will call mark_ready() after a handshake.
  virtual Result<bool> start(FramerContext& /*context*/) { return true; }
  /// The layer below ended; unconsumed input is still there, and nothing further comes. Unless this fails,
  /// the layers above are told next, and the user last. By default half a message, which is input that was
  /// left alone, is a protocol_violation, unless the user has closed the connection.
  virtual Result<void> handle_end(FramerContext& context);
  /// The user closes the connection, and all that was sent is written. Say goodbye, if the protocol has a
  /// word for it. True: that was all. False: the framer reads on until it calls mark_closed(), the peer
  /// ends, or Parameters::close_within has passed. The framers say goodbye top down, each once the one
  /// above is done.
  virtual Result<bool> handle_close(FramerContext& /*context*/) { return true; }
  /// The instant given to wake_at() has come.
  virtual Result<void> handle_timeout(FramerContext& /*context*/) { return {}; }

  /// For MessageConnection::framer_facts(), if the framer is the top one; asked once, before start(). They
  /// outlive it.
  [[nodiscard]] virtual std::shared_ptr<const FramerFacts> facts() const { return nullptr; }

  /// May such a message be sent? By default only a whole and plain one; another is refused with
  /// `unsupported`.
  [[nodiscard]] virtual bool accepts(const MessageContext& message) const {
    return message == MessageContext();
  }
  /// The most bytes that one send may have.
  [[nodiscard]] virtual std::size_t message_bytes_max() const { return default_message_bytes_max; }
  /// Cap on input that waits to be understood. By default message_bytes_max() and a kilobyte of header.
  [[nodiscard]] virtual std::size_t input_bytes_max() const;

  static constexpr std::size_t default_message_bytes_max = 1024 * 1024;
};

// clang-format off: a setter is one line
/// How length_prefixed writes a message's length in front of it: an unsigned big-endian number.
class LengthPrefix {
 public:
  /// 1, 2, 4 or 8; anything else fails the connection with invalid_argument.
  LengthPrefix& bytes(unsigned value) { bytes_ = value; return *this; }
  /// Largest message either way; a peer that announces more is cut off.
  LengthPrefix& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  [[nodiscard]] unsigned bytes() const { return bytes_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }

 private:
  unsigned bytes_ = 4;
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
};

/// What ends a line: a line feed, or a carriage return and a line feed. A lone one of the two is then a
/// part of the line.
enum class LineDelimiter : std::uint8_t { lf, crlf };

/// How line_framed cuts lines.
class LineFraming {
 public:
  LineFraming& delimiter(LineDelimiter value) { delimiter_ = value; return *this; }
  /// Received lines keep their delimiter, and lines to send may have one at their end: it is not added twice.
  LineFraming& keep_delimiter(bool value) { keep_delimiter_ = value; return *this; }
  /// Longest line either way, without its delimiter; a peer that sends a longer one is cut off.
  LineFraming& line_bytes_max(std::size_t value) { line_bytes_max_ = value; return *this; }
  [[nodiscard]] LineDelimiter delimiter() const { return delimiter_; }
  [[nodiscard]] bool keep_delimiter() const { return keep_delimiter_; }
  [[nodiscard]] std::size_t line_bytes_max() const { return line_bytes_max_; }

 private:
  LineDelimiter delimiter_ = LineDelimiter::lf;
  bool keep_delimiter_ = false;
  std::size_t line_bytes_max_ = 64 * 1024;
};
// clang-format on

}  // namespace BOWLINE_API bowline
