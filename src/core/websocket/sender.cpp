#include "core/websocket/sender.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bowline::core {

namespace {

constexpr std::size_t sender_bytes_kept_max = std::size_t{64} * 1024;

Error unfit_message(const char* what) { return Error(ErrorKind::invalid_argument, "send", what); }

}  // namespace

MessageSender::MessageSender(const Options& options) : options_(options) {
  if (options.deflates) deflater_.emplace(*options.deflates);
}

Result<void> MessageSender::send(FramerContext& to, std::span<const std::byte> bytes,
                                 const MessageContext& message) {
  BOWLINE_TRY_VOID(check(bytes, message));
  const bool is_first = !in_message_;
  const bool is_last = message.is_complete();
  if (is_first)
    is_compressed_ = deflater_ && (!is_last || bytes.size() >= options_.deflate_from_bytes);
  std::span<const std::byte> payload = bytes;
  if (is_compressed_) {
    squeezed_.clear();
    BOWLINE_TRY_VOID(deflater_->add(bytes, is_last, squeezed_));
    payload = squeezed_;
  }
  FrameHead head;
  head.opcode = WebSocketOpcode::continuation;
  if (is_first)
    head.opcode = kind_ == MessageKind::text ? WebSocketOpcode::text : WebSocketOpcode::binary;
  head.is_final = is_last;
  head.is_compressed = is_compressed_ && is_first;
  in_message_ = !is_last;
  write_frame(to, head, payload);
  if (squeezed_.capacity() > sender_bytes_kept_max) squeezed_ = {};
  return {};
}

Result<void> MessageSender::check(std::span<const std::byte> bytes, const MessageContext& message) {
  const bool says_kind = message.kind() != MessageKind::plain;
  if (in_message_ && says_kind && message.kind() != kind_)
    return unfit_message("a message of another kind is under way");
  Utf8Check text = in_message_ ? text_ : Utf8Check();
  const MessageKind kind = in_message_ ? kind_ : says_kind ? message.kind() : MessageKind::binary;
  if (kind == MessageKind::text &&
      (!text.add(bytes) || (message.is_complete() && !text.is_complete())))
    return unfit_message("a text is UTF-8");
  kind_ = kind;
  text_ = text;
  return {};
}

void MessageSender::send_control(FramerContext& to, WebSocketOpcode opcode,
                                 std::span<const std::byte> payload) {
  assert(payload.size() <= control_payload_bytes_max);
  FrameHead head;
  head.opcode = opcode;
  write_frame(to, head, payload);
}

void MessageSender::send_close(FramerContext& to, std::optional<std::uint16_t> code,
                               std::string_view reason) {
  std::vector<std::byte> payload;
  if (code) {
    payload = {static_cast<std::byte>(*code >> 8), static_cast<std::byte>(*code & 0xff)};
    const auto octets = std::as_bytes(std::span(reason));
    payload.insert(payload.end(), octets.begin(), octets.end());
  }
  send_control(to, WebSocketOpcode::close, payload);
}

/// In one piece: a framer below may mark where each write ends.
void MessageSender::write_frame(FramerContext& to, FrameHead head,
                                std::span<const std::byte> payload) {
  head.payload_bytes = payload.size();
  if (options_.masked) head.mask = next_mask(to);
  const WrittenHead written = write_frame_head(head);
  frame_.resize(written.size + payload.size());
  std::ranges::copy(written.span(), frame_.begin());
  std::byte* const body = frame_.data() + written.size;
  if (head.mask) {
    apply_mask(body, payload, *head.mask, 0);
  } else {
    std::ranges::copy(payload, body);
  }
  to.write(frame_);
  if (frame_.capacity() > sender_bytes_kept_max) frame_ = {};
}

/// Each frame has a mask of its own that nobody can guess; the source of chance is asked for many at once.
Mask MessageSender::next_mask(FramerContext& to) {
  if (masks_left_ == 0) {
    to.fill_random(masks_);
    masks_left_ = masks_.size();
  }
  Mask mask;
  const auto next = std::span(masks_).last(masks_left_).first(mask.size());
  std::ranges::copy(next, mask.begin());
  std::ranges::fill(next, std::byte{0});
  masks_left_ -= mask.size();
  return mask;
}

}  // namespace bowline::core
