#include "session/task/intake.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace bowline::session {

Result<void> Intake::start(const std::vector<std::string_view>& codings, std::uint64_t octets_max) {
  BOWLINE_TRY(decoder_, DecoderChain::make(codings));
  octets_max_ = octets_max;
  is_started_ = true;
  return {};
}

void Intake::set_target(Target target) { target_ = target; }
void Intake::set_suspended(bool suspended) { is_suspended_ = suspended; }

Result<void> Intake::take(std::span<const std::byte> bytes) {
  received_ += bytes.size();
  const bool passes = (target_ == Target::memory || target_ == Target::file) && !is_suspended_;
  if (!passes || !raw_.empty()) {
    raw_.push_back(Buffer::copy_of(bytes));
    return go_on();
  }
  BOWLINE_TRY(const std::size_t taken, pass_on(bytes));
  owner_.handle_taken(taken);
  return {};
}

Result<void> Intake::go_on() {
  if (is_suspended_ || !is_started_) return {};
  if (target_ == Target::receivers) return serve_receivers();
  if (target_ == Target::undecided) return {};
  while (!raw_.empty()) {
    const Buffer next = raw_.take_front();
    BOWLINE_TRY(const std::size_t taken, pass_on(next.bytes()));
    owner_.handle_taken(taken);
  }
  if (is_input_ended_ && !std::exchange(is_checked_, true)) return decoder_.finish();
  return {};
}

Result<void> Intake::finish() {
  is_input_ended_ = true;
  return go_on();
}

bool Intake::is_complete() const {
  if (!is_input_ended_ || is_suspended_) return false;
  if (target_ == Target::receivers) return has_given_end_;
  return target_ != Target::undecided && raw_.empty();
}

void Intake::take_back(Message&& piece) {
  if (piece.end_of_stream()) has_given_end_ = false;
  returned_.insert(0, piece.text());
}

void Intake::fail_receivers(const Error& error) {
  while (!receivers_.empty()) receivers_.pop().finish(error);
}

/// Decodes all of it to memory or the file.
Result<std::size_t> Intake::pass_on(std::span<const std::byte> bytes) {
  if (decoder_.is_identity()) {
    BOWLINE_TRY_VOID(deliver(bytes));
    return bytes.size();
  }
  decoded_piece_.resize(piece_octets);
  std::size_t offset = 0;
  while (offset < bytes.size() || decoder_.has_more()) {
    BOWLINE_TRY(const Decoder::Step step, decoder_.decode(bytes.subspan(offset), decoded_piece_));
    offset += step.consumed;
    BOWLINE_TRY_VOID(deliver(std::span(decoded_piece_).first(step.produced)));
    if (step.consumed == 0 && step.produced == 0) {
      if (offset < bytes.size())
        return Error(ErrorKind::malformed, "decode", "something stands behind the coded body");
      break;
    }
  }
  return bytes.size();
}

Result<void> Intake::deliver(std::span<const std::byte> decoded) {
  decoded_ += decoded.size();
  if (target_ == Target::file) return file_->write(decoded);
  if (memory_.size() + decoded.size() > octets_max_)
    return Error(ErrorKind::limit_exceeded, "receive",
                 "the body is longer than the request allows to keep in memory")
        .about(std::to_string(octets_max_) + " bytes");
  memory_ += as_text(decoded);
  return {};
}

Result<void> Intake::serve_receivers() {
  while (!receivers_.empty()) {
    BOWLINE_TRY(std::string piece, next_piece(receivers_.front().octets_max()));
    const bool is_end = piece.empty() && is_input_ended_ && raw_.empty();
    if (piece.empty() && !is_end) return {};
    if (is_end && !std::exchange(is_checked_, true)) BOWLINE_TRY_VOID(decoder_.finish());
    has_given_pieces_ = true;
    has_given_end_ = is_end;
    receivers_.pop().finish(Message(Buffer::own(std::move(piece)), is_end, is_end));
  }
  return {};
}

/// Empty: there is nothing now.
Result<std::string> Intake::next_piece(std::size_t octets_max) {
  if (!returned_.empty()) {
    std::string piece = returned_.substr(0, octets_max);
    returned_.erase(0, piece.size());
    return piece;
  }
  const std::size_t room = std::min(octets_max, piece_octets);
  decoded_piece_.resize(room);
  while (!raw_.empty() || decoder_.has_more()) {
    const auto given = raw_.empty() ? std::span<const std::byte>() : raw_.front().bytes();
    BOWLINE_TRY(const Decoder::Step step, decoder_.decode(given, decoded_piece_));
    if (step.consumed == 0 && step.produced == 0) {
      if (!given.empty())
        return Error(ErrorKind::malformed, "decode", "something stands behind the coded body");
      break;
    }
    if (!raw_.empty()) {
      raw_.front().remove_prefix(step.consumed);
      if (raw_.front().empty()) static_cast<void>(raw_.take_front());
    }
    decoded_ += step.produced;
    if (step.consumed > 0) owner_.handle_taken(step.consumed);
    if (step.produced > 0)
      return std::string(as_text(std::span(decoded_piece_).first(step.produced)));
  }
  return std::string();
}

}  // namespace bowline::session
