#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <bowline/result.h>

#include "core/websocket/deflate.h"
#include "core/websocket/frame.h"
#include "core/websocket/utf8.h"

namespace bowline::core {

/// Frames that came in, as messages. Text is checked as it comes, and nothing is held that has not come.
///
/// source    RFC 6455 sections 5 and 8, RFC 7692 section 6
class MessageReceiver {
 public:
  struct Options {
    bool masked = false;  ///< the peer's frames are
    std::size_t message_bytes_max = std::size_t{16} << 20;
    bool in_pieces = false;  ///< hands on what is there, of any size
    std::optional<MessageInflater::Options> inflates = {};
    std::size_t ratio_max = 0;  ///< beyond 1 MiB; 0: any
  };
  explicit MessageReceiver(const Options& options);

  /// A message, or the next piece of one.
  struct Piece {
    WebSocketOpcode opcode = WebSocketOpcode::binary;  ///< text or binary, of the whole message
    bool is_complete = true;
    std::vector<std::byte> bytes;
  };
  /// The same, but its bytes are the next so many of the input: they are the caller's to take.
  struct PieceInPlace {
    WebSocketOpcode opcode = WebSocketOpcode::binary;
    bool is_complete = true;
    std::size_t bytes = 0;
  };
  struct Ping {
    std::vector<std::byte> payload;
  };
  struct Pong {
    std::vector<std::byte> payload;
  };
  struct Close {
    std::uint16_t code = websocket_code::none;
    std::string reason;
  };
  using Event = std::variant<Piece, PieceInPlace, Ping, Pong, Close>;
  struct Step {
    std::size_t consumed = 0;  ///< of the input, from its front
    std::optional<Event> event;
  };

  /// Reads up to the next event; without one it needs more input than what is left. After an error it is
  /// not called again.
  ///
  /// errors    in the domain websocket, with the code to say goodbye with: 1002, 1007, 1009
  [[nodiscard]] Result<Step> take(std::span<const std::byte> input);

 private:
  [[nodiscard]] Result<std::optional<FrameHead>> next_head(std::span<const std::byte> input);
  [[nodiscard]] Result<void> begin_frame(const FrameHead& head);
  [[nodiscard]] Result<void> charge(const FrameHead& head);
  [[nodiscard]] std::optional<Event> take_control(const FrameHead& head,
                                                  std::span<const std::byte> payload,
                                                  std::optional<Error>& error);
  [[nodiscard]] bool is_in_place(std::size_t available) const;
  [[nodiscard]] Result<PieceInPlace> take_in_place(std::span<const std::byte> payload);
  [[nodiscard]] Result<void> take_payload(std::span<const std::byte> payload);
  [[nodiscard]] Result<void> inflate(bool is_end);
  [[nodiscard]] Result<void> check_text(std::span<const std::byte> bytes, bool is_end);
  [[nodiscard]] Result<std::optional<Event>> finish_frame();
  [[nodiscard]] Piece take_piece(bool is_complete);

  const Options options_;
  std::optional<MessageInflater> inflater_;
  bool in_message_ = false;
  WebSocketOpcode opcode_ = WebSocketOpcode::binary;
  bool is_compressed_ = false;
  std::size_t charged_ = 0;
  std::uint64_t compressed_bytes_ = 0;  // of the message
  std::uint64_t inflated_bytes_ = 0;
  std::optional<FrameHead> frame_;  // whose payload is coming
  std::uint64_t left_ = 0;          // of that payload
  std::uint64_t offset_ = 0;        // in that payload
  std::vector<std::byte> message_;
  std::size_t checked_ = 0;          // of message_
  std::vector<std::byte> squeezed_;  // compressed, and not inflated yet
  std::size_t squeezed_taken_ = 0;
  bool inflates_more_ = false;
  Utf8Check text_;
};

}  // namespace bowline::core
