#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <bowline/framer.h>
#include <bowline/message.h>

#include "core/websocket/deflate.h"
#include "core/websocket/frame.h"
#include "core/websocket/utf8.h"

namespace bowline::core {

/// Messages as frames that go out. RFC 6455 sections 5 and 7.
class MessageSender {
 public:
  struct Options {
    bool masked = false;
    std::optional<MessageDeflater::Options> deflates = {};
    std::size_t deflate_from_bytes = 0;
  };
  explicit MessageSender(const Options& options);

  /// Writes a message, or a piece of one: text, binary, or plain, which is binary, or more of the same.
  ///
  /// errors    invalid_argument, with nothing written: text that is not UTF-8, or another message inside of
  ///           one
  [[nodiscard]] Result<void> send(FramerContext& to, std::span<const std::byte> bytes,
                                  const MessageContext& message);
  /// payload   at most 125 octets
  void send_control(FramerContext& to, WebSocketOpcode opcode, std::span<const std::byte> payload);
  /// `code` is sendable, `reason` at most 123 octets.
  void send_close(FramerContext& to, std::optional<std::uint16_t> code, std::string_view reason);

 private:
  [[nodiscard]] Result<void> check(std::span<const std::byte> bytes, const MessageContext& message);
  void write_frame(FramerContext& to, FrameHead head, std::span<const std::byte> payload);
  [[nodiscard]] Mask next_mask(FramerContext& to);

  const Options options_;
  std::optional<MessageDeflater> deflater_;
  bool in_message_ = false;
  bool is_compressed_ = false;
  MessageKind kind_ = MessageKind::binary;
  Utf8Check text_;
  std::vector<std::byte> squeezed_;
  std::vector<std::byte> frame_;  // kept for its memory
  std::array<std::byte, 256> masks_;
  std::size_t masks_left_ = 0;  // octets at the end of masks_
};

}  // namespace bowline::core
