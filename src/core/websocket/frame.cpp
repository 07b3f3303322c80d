#include "core/websocket/frame.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

constexpr unsigned final_bit = 0x80;
constexpr unsigned compressed_bit = 0x40;
constexpr unsigned reserved_bits = 0x30;
constexpr unsigned opcode_bits = 0x0f;
constexpr unsigned masked_bit = 0x80;
constexpr unsigned length_bits = 0x7f;
constexpr unsigned length_of_16_bits = 126;
constexpr unsigned length_of_64_bits = 127;

Error bad_frame(const char* what) {
  return websocket_error(ErrorKind::protocol_violation, websocket_code::protocol_error, what);
}

std::uint64_t read_big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

Result<void> read_first(unsigned first, FrameRules rules, FrameHead& head) {
  const unsigned opcode = first & opcode_bits;
  head.is_final = (first & final_bit) != 0;
  head.is_compressed = (first & compressed_bit) != 0;
  head.opcode = static_cast<WebSocketOpcode>(opcode);
  if ((first & reserved_bits) != 0) return bad_frame("a frame with a reserved bit");
  if ((opcode > 2 && opcode < 8) || opcode > 10) return bad_frame("a frame of an unknown kind");
  if (head.is_compressed && (!rules.compressed || is_control(head.opcode)))
    return bad_frame("a compressed frame that nobody agreed on");
  if (is_control(head.opcode) && !head.is_final) return bad_frame("a control frame in pieces");
  return {};
}

std::size_t length_bytes(unsigned field) {
  if (field == length_of_16_bits) return 2;
  return field == length_of_64_bits ? 8 : 0;
}

Result<void> check_length(const FrameHead& head, std::size_t bytes) {
  // The shortest form is the only one, and the highest bit is zero: RFC 6455 5.2.
  if (bytes == 2 && head.payload_bytes < length_of_16_bits) return bad_frame("a length too long");
  if (bytes == 8 && head.payload_bytes <= 0xffff) return bad_frame("a length too long");
  if (head.payload_bytes >> 63 != 0) return bad_frame("a length beyond 63 bits");
  return {};
}

}  // namespace

Result<std::optional<FrameHead>> read_frame_head(std::span<const std::byte> bytes,
                                                 FrameRules rules) {
  FrameHead head;
  if (bytes.empty()) return std::nullopt;
  BOWLINE_TRY_VOID(read_first(std::to_integer<unsigned>(bytes[0]), rules, head));
  if (bytes.size() < 2) return std::nullopt;
  const auto second = std::to_integer<unsigned>(bytes[1]);
  const bool is_masked = (second & masked_bit) != 0;
  if (is_masked != rules.masked)
    return bad_frame(is_masked ? "a masked frame from a server" : "a client's frame without mask");
  const unsigned field = second & length_bits;
  if (is_control(head.opcode) && field > control_payload_bytes_max)
    return bad_frame("a control frame of more than 125 octets");
  const std::size_t extended = length_bytes(field);
  head.head_bytes = 2 + extended + (is_masked ? 4 : 0);
  if (bytes.size() < 2 + extended) return std::nullopt;
  head.payload_bytes = extended == 0 ? field : read_big_endian(bytes.subspan(2, extended));
  BOWLINE_TRY_VOID(check_length(head, extended));
  if (bytes.size() < head.head_bytes) return std::nullopt;
  if (is_masked) {
    head.mask.emplace();
    std::ranges::copy(bytes.subspan(2 + extended, 4), head.mask->begin());
  }
  return head;
}

WrittenHead write_frame_head(const FrameHead& head) {
  WrittenHead written;
  auto put = [&](std::uint64_t value) {
    written.bytes[written.size++] = static_cast<std::byte>(value & 0xff);
  };
  put((head.is_final ? final_bit : 0U) | (head.is_compressed ? compressed_bit : 0U) |
      std::to_underlying(head.opcode));
  const unsigned masked = head.mask ? masked_bit : 0U;
  if (head.payload_bytes < length_of_16_bits) {
    put(masked | head.payload_bytes);
  } else {
    const bool is_short = head.payload_bytes <= 0xffff;
    put(masked | (is_short ? length_of_16_bits : length_of_64_bits));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) put(head.payload_bytes >> shift);
  }
  if (head.mask)
    for (const std::byte octet : *head.mask) written.bytes[written.size++] = octet;
  return written;
}

Error websocket_error(ErrorKind kind, std::uint16_t code, std::string message) {
  return {kind, ErrorDomain::websocket, code, "websocket", std::move(message)};
}

}  // namespace bowline::core
