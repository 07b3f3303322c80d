#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/endpoint.h>
#include <bowline/framer.h>

#include "base/fifo.h"
#include "base/random.h"
#include "core/driver_contract.h"

namespace bowline::core {

/// The framers of one stack as one machine: bytes from below become messages on top, and back.
///
///   idle --start--> preparing --all ready--> open --close--> closing --all said goodbye--> closed
///   Anything but idle and closed leads to failed, by an error from a handler or a cap.
///
/// The framers shake hands bottom up and say goodbye top down. What one of them writes or delivers is
/// passed on once its handler has returned. When one fails, what it wrote until then is still passed down.
class FramerChain {
 public:
  struct Options {
    FramerRole role = FramerRole::client;
    SocketAddress remote_address;
    std::shared_ptr<const Endpoint> remote_endpoint;  ///< null: the address is all that is known
    /// What may be read before the framers are ready.
    std::size_t handshake_bytes_max = 1024 * 1024;
    /// For framers that ask for chance; it outlives the chain. Null where no such framer is.
    Random* random = nullptr;
  };

  /// `framers` are at least one, bottom first.
  FramerChain(std::vector<std::unique_ptr<Framer>> framers, Options options);
  ~FramerChain();
  FramerChain(const FramerChain&) = delete;
  FramerChain& operator=(const FramerChain&) = delete;

  // Commands.
  /// The transport is ready.
  void start(Instant now);
  /// One message from the user, or a piece of one; only while open.
  ///
  /// errors    what keeps this one from being sent: unsupported, message_too_large, or what the framer says.
  ///           Nothing was written, and the chain goes on
  [[nodiscard]] Result<void> send(std::span<const std::byte> bytes, const MessageContext& message,
                                  Instant now);
  /// All that the user wanted to send was sent: the framers say goodbye. Nothing is delivered any more.
  void close(Instant now);

  // Inputs; ignored once the chain has failed or closed.
  void handle_input(Buffer bytes, Instant now);
  /// The transport ended.
  void handle_end(Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  // Outputs.
  struct Delivered {
    Buffer bytes;
    MessageContext message;
  };
  struct Ready {};
  /// No message comes any more.
  struct Ended {
    MessageContext goodbye;
  };
  /// All goodbyes are said; once unwritten() is written the transport can be closed.
  struct Closed {};
  /// unwritten() are the last words, and still to be sent.
  struct Failed {
    Error error;
  };
  using Output = std::variant<Delivered, Ready, Ended, Closed, Failed>;
  [[nodiscard]] std::optional<Output> poll();

  /// What the transport is to send. Bulk: it need not be written before the next input, and whoever drives
  /// the chain bounds it by not reading from a peer that does not read.
  [[nodiscard]] std::span<const std::byte> unwritten() const;
  /// The first `count` bytes of unwritten() were.
  void mark_written(std::size_t count);
  /// Gives unwritten() away, without allocating.
  [[nodiscard]] std::vector<std::byte> take_unwritten();

  [[nodiscard]] bool is_ready() const { return state_ == State::open; }
  /// The most bytes of one send.
  [[nodiscard]] std::size_t message_bytes_max() const;
  /// What the bottom framer has not consumed: once it is ready, for others to carry on with. Nothing may be
  /// done with the chain then.
  [[nodiscard]] Buffer take_input();
  /// Of the top framer; may be null.
  [[nodiscard]] std::shared_ptr<const FramerFacts> facts() const;

 private:
  class Layer;
  enum class State : std::uint8_t { idle, preparing, open, closing, closed, failed };
  enum class Direction : std::uint8_t { up, down, end, failure };
  /// What one framer has for its neighbour.
  struct Step {
    Direction direction;
    std::size_t to;
    Buffer bytes;            // up
    std::size_t size;        // down: so many of carried_
    MessageContext message;  // of the bytes, or the goodbye
  };

  void begin(Instant now);
  [[nodiscard]] bool is_over() const { return state_ == State::closed || state_ == State::failed; }
  [[nodiscard]] bool is_top(std::size_t index) const { return index + 1 == layers_.size(); }
  void settle();
  void take_steps();
  void take(Step& step, std::span<const std::byte> written);
  [[nodiscard]] bool start_next();
  [[nodiscard]] bool close_next();
  void feed(Layer& layer, Buffer bytes);
  void read(Layer& layer);
  void end(Layer& layer);
  void pass_up(std::size_t from, Buffer bytes, MessageContext message);
  void pass_down(std::size_t from, std::span<const std::byte> bytes, MessageContext message);
  void pass_end(std::size_t from, MessageContext goodbye);
  [[nodiscard]] static Result<void> refusal(const Framer& framer, std::size_t bytes,
                                            const MessageContext& message);
  void fail(Layer& layer, Error error);
  void pass_failure(std::size_t from);

  const Options options_;
  std::vector<std::unique_ptr<Layer>> layers_;
  State state_ = State::idle;
  std::size_t started_count_ = 0;
  std::size_t open_count_ = 0;  // while closing: of those that have not said goodbye
  std::size_t handshake_bytes_ = 0;
  std::size_t writes_ = 0;
  Instant now_{};
  DriverContract contract_;
  std::optional<Error> failure_;
  Fifo<Output> outputs_;
  std::vector<Step> steps_;
  std::vector<Step> steps_taken_;  // kept for its memory
  std::vector<std::byte> carried_;
  std::vector<std::byte> carried_taken_;
  std::vector<std::byte> unwritten_;
  std::size_t written_ = 0;  // of unwritten_
};

}  // namespace bowline::core
