#include "core/websocket/receiver.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

constexpr std::size_t fragment_charge_min = 64;
constexpr std::size_t fragment_budget_min = std::size_t{64} * 1024;
constexpr std::size_t piece_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t ratio_counts_from = std::size_t{1} << 20;

Error too_large_message() {
  return websocket_error(ErrorKind::limit_exceeded, websocket_code::too_large,
                         "the peer's message is larger than allowed");
}
Error broken_protocol(const char* what) {
  return websocket_error(ErrorKind::protocol_violation, websocket_code::protocol_error, what);
}
Error bad_text() {
  return websocket_error(ErrorKind::malformed, websocket_code::bad_text,
                         "the peer's text is not UTF-8");
}

}  // namespace

MessageReceiver::MessageReceiver(const Options& options) : options_(options) {
  if (options.inflates) inflater_.emplace(*options.inflates);
}

Result<MessageReceiver::Step> MessageReceiver::take(std::span<const std::byte> input) {
  Step step;
  for (;;) {
    const std::span<const std::byte> rest = input.subspan(step.consumed);
    if (inflates_more_) {
      BOWLINE_TRY_VOID(inflate(left_ == 0 && frame_->is_final));
      BOWLINE_TRY(step.event, finish_frame());
      if (step.event) return step;
      continue;
    }
    if (!frame_) {
      BOWLINE_TRY(const std::optional<FrameHead> head, next_head(rest));
      if (!head) return step;
      if (is_control(head->opcode)) {
        const auto size = static_cast<std::size_t>(head->payload_bytes);
        if (rest.size() < head->head_bytes + size) return step;
        std::optional<Error> error;
        step.event = take_control(*head, rest.subspan(head->head_bytes, size), error);
        if (error) return *std::move(error);
        step.consumed += head->head_bytes + size;
        return step;
      }
      BOWLINE_TRY_VOID(begin_frame(*head));
      step.consumed += head->head_bytes;
      continue;
    }
    if (is_in_place(rest.size())) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      BOWLINE_TRY(step.event, take_in_place(rest.first(size)));
      return step;
    }
    if (rest.empty() && left_ > 0) return step;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
    BOWLINE_TRY_VOID(take_payload(rest.first(size)));
    step.consumed += size;
    BOWLINE_TRY(step.event, finish_frame());
    if (step.event) return step;
  }
}

Result<std::optional<FrameHead>> MessageReceiver::next_head(std::span<const std::byte> input) {
  const FrameRules rules = {.masked = options_.masked, .compressed = inflater_.has_value()};
  BOWLINE_TRY(const std::optional<FrameHead> head, read_frame_head(input, rules));
  if (!head && !input.empty()) {
    // What the first octet says is enough to see that it does not fit.
    const auto opcode =
        static_cast<WebSocketOpcode>(std::to_integer<unsigned>(input.front()) & 0x0f);
    if (!is_control(opcode) && (opcode == WebSocketOpcode::continuation) != in_message_)
      return broken_protocol(in_message_ ? "a new message inside another" : "nothing to continue");
  }
  return head;
}

Result<void> MessageReceiver::begin_frame(const FrameHead& head) {
  if ((head.opcode == WebSocketOpcode::continuation) != in_message_)
    return broken_protocol(in_message_ ? "a new message inside another" : "nothing to continue");
  if (in_message_ && head.is_compressed)
    return broken_protocol("a continuation that says it is compressed");
  BOWLINE_TRY_VOID(charge(head));
  if (!in_message_) {
    opcode_ = head.opcode;
    is_compressed_ = head.is_compressed;
    compressed_bytes_ = inflated_bytes_ = 0;
    text_.restart();
  }
  in_message_ = true;
  frame_ = head;
  left_ = head.payload_bytes;
  offset_ = 0;
  return {};
}

/// Fragments without end cost as if they were not tiny; so none are free.
Result<void> MessageReceiver::charge(const FrameHead& head) {
  if (options_.in_pieces) return {};
  const bool is_whole = !in_message_ && head.is_final;
  const std::size_t budget = std::max(options_.message_bytes_max, fragment_budget_min);
  if (!in_message_) charged_ = 0;
  if (head.payload_bytes > options_.message_bytes_max) return too_large_message();
  const auto bytes = static_cast<std::size_t>(head.payload_bytes);
  charged_ += is_whole ? bytes : std::max(bytes, fragment_charge_min);
  if (charged_ > budget) return too_large_message();
  if (!is_compressed_ && !head.is_compressed && in_message_ &&
      bytes > options_.message_bytes_max - std::min(message_.size(), options_.message_bytes_max))
    return too_large_message();
  return {};
}

std::optional<MessageReceiver::Event> MessageReceiver::take_control(
    const FrameHead& head, std::span<const std::byte> payload, std::optional<Error>& error) {
  std::vector<std::byte> plain(payload.begin(), payload.end());
  if (head.mask) apply_mask(plain.data(), plain, *head.mask, 0);
  if (head.opcode == WebSocketOpcode::ping) return Ping{std::move(plain)};
  if (head.opcode == WebSocketOpcode::pong) return Pong{std::move(plain)};
  Close close;
  if (plain.empty()) return close;
  if (plain.size() == 1) {
    error = broken_protocol("half a code in a goodbye");
    return std::nullopt;
  }
  close.code = static_cast<std::uint16_t>(std::to_integer<unsigned>(plain[0]) << 8 |
                                          std::to_integer<unsigned>(plain[1]));
  const auto reason = std::span(plain).subspan(2);
  if (!is_sendable_code(close.code)) {
    error = broken_protocol("a goodbye with a code that is not for the wire");
  } else if (!is_utf8(reason)) {
    error = bad_text();
  }
  close.reason.assign(reinterpret_cast<const char*>(reason.data()), reason.size());
  return close;
}

bool MessageReceiver::is_in_place(std::size_t available) const {
  if (frame_->mask || is_compressed_ || !message_.empty()) return false;
  if (options_.in_pieces) return available > 0 && left_ > 0;
  return frame_->is_final && frame_->opcode != WebSocketOpcode::continuation && left_ > 0 &&
         available >= left_;
}

Result<MessageReceiver::PieceInPlace> MessageReceiver::take_in_place(
    std::span<const std::byte> payload) {
  PieceInPlace piece;
  piece.opcode = opcode_;
  piece.bytes = payload.size();
  left_ -= payload.size();
  offset_ += payload.size();
  piece.is_complete = left_ == 0 && frame_->is_final;
  BOWLINE_TRY_VOID(check_text(payload, piece.is_complete));
  if (piece.is_complete) in_message_ = false;
  if (left_ == 0) frame_.reset();
  return piece;
}

Result<void> MessageReceiver::take_payload(std::span<const std::byte> payload) {
  std::vector<std::byte>& into = is_compressed_ ? squeezed_ : message_;
  const std::size_t used = into.size();
  into.resize(used + payload.size());
  if (frame_->mask) {
    apply_mask(into.data() + used, payload, *frame_->mask, offset_);
  } else {
    std::ranges::copy(payload, into.begin() + static_cast<std::ptrdiff_t>(used));
  }
  left_ -= payload.size();
  offset_ += payload.size();
  const bool is_end = left_ == 0 && frame_->is_final;
  if (is_compressed_) {
    compressed_bytes_ += payload.size();
    return inflate(is_end);
  }
  return check_text(std::span(message_).subspan(used), is_end);
}

/// One octet beyond the limit is enough to see that there is one.
Result<void> MessageReceiver::inflate(bool is_end) {
  const std::size_t room = options_.in_pieces ? piece_bytes_max : options_.message_bytes_max + 1;
  const std::size_t used = message_.size();
  const auto rest = std::span<const std::byte>(squeezed_).subspan(squeezed_taken_);
  BOWLINE_TRY(MessageInflater::Step step, inflater_->add(rest, message_, room));
  squeezed_taken_ += step.consumed;
  const bool all_taken = squeezed_taken_ == squeezed_.size();
  if (all_taken) {
    squeezed_.clear();
    squeezed_taken_ = 0;
  }
  inflates_more_ = step.has_more;
  if (all_taken && !step.has_more && is_end) {
    BOWLINE_TRY(step, inflater_->finish(message_, room));
    inflates_more_ = step.has_more;
  } else if (!all_taken && !step.has_more && step.consumed == 0) {
    return websocket_error(ErrorKind::malformed, websocket_code::bad_text, "no deflate stream");
  }
  inflated_bytes_ += message_.size() - used;
  if (!options_.in_pieces && message_.size() > options_.message_bytes_max)
    return too_large_message();
  if (options_.ratio_max > 0 && inflated_bytes_ > ratio_counts_from &&
      inflated_bytes_ / std::max<std::uint64_t>(compressed_bytes_, 1) > options_.ratio_max)
    return too_large_message();
  if (!all_taken) inflates_more_ = true;
  return check_text(std::span(message_).subspan(used), is_end && !inflates_more_);
}

Result<void> MessageReceiver::check_text(std::span<const std::byte> bytes, bool is_end) {
  if (opcode_ != WebSocketOpcode::text) return {};
  if (!text_.add(bytes) || (is_end && !text_.is_complete())) return bad_text();
  return {};
}

/// After each part of a payload: is there something to hand on?
Result<std::optional<MessageReceiver::Event>> MessageReceiver::finish_frame() {
  const bool is_frame_done = left_ == 0 && !inflates_more_;
  const bool is_complete = is_frame_done && frame_->is_final;
  if (is_frame_done) frame_.reset();
  if (is_complete) in_message_ = false;
  if (is_complete || (options_.in_pieces && !message_.empty())) return take_piece(is_complete);
  return std::nullopt;
}

MessageReceiver::Piece MessageReceiver::take_piece(bool is_complete) {
  Piece piece;
  piece.opcode = opcode_;
  piece.is_complete = is_complete;
  piece.bytes = std::exchange(message_, {});
  return piece;
}

}  // namespace bowline::core
