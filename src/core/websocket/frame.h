#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <bowline/result.h>

#include "core/websocket/masking.h"

namespace bowline::core {

/// What a frame is. The others are reserved. RFC 6455 section 5.2.
enum class WebSocketOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};
[[nodiscard]] constexpr bool is_control(WebSocketOpcode opcode) {
  return opcode >= WebSocketOpcode::close;
}

/// Codes of a goodbye that the protocol itself says. RFC 6455 section 7.4.1.
namespace websocket_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none = 1005;      ///< never sent: the peer gave no code
inline constexpr std::uint16_t vanished = 1006;  ///< never sent: there was no goodbye
inline constexpr std::uint16_t bad_text = 1007;
inline constexpr std::uint16_t too_large = 1009;
}  // namespace websocket_code

/// May a goodbye on the wire have this code? 1005, 1006 and 1015 are for programs only.
[[nodiscard]] constexpr bool is_sendable_code(std::uint32_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

/// The first 2 to 14 octets of a frame.
struct FrameHead {
  WebSocketOpcode opcode = WebSocketOpcode::binary;
  bool is_final = true;
  bool is_compressed = false;  ///< RSV1, RFC 7692 section 6
  std::optional<Mask> mask;
  std::uint64_t payload_bytes = 0;
  std::size_t head_bytes = 0;
};

constexpr std::size_t frame_head_bytes_max = 14;
constexpr std::size_t control_payload_bytes_max = 125;

/// Which frames a peer may send.
struct FrameRules {
  bool masked = false;      ///< all are: from a client. Or none is: from a server
  bool compressed = false;  ///< RSV1 means something
};

/// Reads the head at the front of `bytes`. Nothing if more octets are needed; what is wrong in those that are
/// there is told at once.
///
/// errors    protocol_violation in the domain websocket, with the code to say goodbye with
[[nodiscard]] Result<std::optional<FrameHead>> read_frame_head(std::span<const std::byte> bytes,
                                                               FrameRules rules);

/// A head as it is written: `size` octets of `bytes`.
struct WrittenHead {
  std::array<std::byte, frame_head_bytes_max> bytes;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> span() const { return std::span(bytes).first(size); }
};
[[nodiscard]] WrittenHead write_frame_head(const FrameHead& head);

/// An error of the protocol, with its code.
[[nodiscard]] Error websocket_error(ErrorKind kind, std::uint16_t code, std::string message);

}  // namespace bowline::core
