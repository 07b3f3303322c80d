#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <bowline/buffer.h>
#include <bowline/framer.h>

#include "drive/connection/stack.h"

namespace bowline::drive {

/// The framers of one stack, bottom first, as one machine: bytes from below become messages on top, and back.
///
/// It does no I/O: whoever drives it feeds input, takes `delivered()` and writes `unwritten()`.
class FramerChain {
 public:
  struct Delivered {
    Buffer bytes;
    bool complete;
  };

  /// First in, first out. It keeps its memory, so that a steady flow of messages allocates nothing.
  class Queue {
   public:
    [[nodiscard]] bool empty() const { return messages_.empty(); }
    void push_back(Delivered message) { messages_.push_back(std::move(message)); }
    void push_front(Delivered message) {
      if (first_ > 0) {
        messages_[--first_] = std::move(message);
      } else {
        messages_.insert(messages_.begin(), std::move(message));
      }
    }
    [[nodiscard]] Delivered take_front() {
      Delivered message = std::move(messages_[first_]);
      if (++first_ == messages_.size()) {
        messages_.clear();
        first_ = 0;
      }
      return message;
    }

   private:
    std::vector<Delivered> messages_;
    std::size_t first_ = 0;
  };

  explicit FramerChain(const std::vector<FramerFactory>& factories);
  ~FramerChain();
  FramerChain(const FramerChain&) = delete;
  FramerChain& operator=(const FramerChain&) = delete;

  /// The transport is ready: starts the bottom framer, then each once the one below it is ready.
  [[nodiscard]] Result<void> start(Instant now);
  [[nodiscard]] bool is_ready() const { return ready_count_ == layers_.size(); }
  [[nodiscard]] Result<void> handle_input(Buffer bytes, Instant now);
  /// The transport ended.
  [[nodiscard]] Result<void> handle_end(Instant now);
  /// One message from the user; only once ready. errors: message_too_large
  [[nodiscard]] Result<void> handle_output(std::span<const std::byte> message, Instant now);
  [[nodiscard]] Result<void> handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  [[nodiscard]] Queue& delivered() { return delivered_; }
  [[nodiscard]] std::vector<std::byte>& unwritten() { return unwritten_; }
  [[nodiscard]] std::size_t message_bytes_max() const;

 private:
  class Layer;

  [[nodiscard]] Result<void> start_layers();
  void pass_up(std::size_t from, Buffer bytes, bool complete);
  void pass_down(std::size_t from, std::span<const std::byte> bytes);

  std::vector<std::unique_ptr<Layer>> layers_;
  std::size_t started_count_ = 0;
  std::size_t ready_count_ = 0;
  Instant now_;
  std::optional<Error> error_;  // from a layer that was fed by another
  Queue delivered_;
  std::vector<std::byte> unwritten_;
};

}  // namespace bowline::drive
