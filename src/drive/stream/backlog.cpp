#include "drive/stream/backlog.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void Backlog::share(Buffer bytes) {
  if (bytes.empty()) return;
  const std::size_t size = bytes.size();
  pieces_.push_back({std::move(bytes), {}});
  bytes_ += size;
}

void Backlog::copy(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const bool goes_on = first_ < pieces_.size() && pieces_.back().shared.empty();
  if (!goes_on) pieces_.emplace_back();
  std::vector<std::byte>& copied = pieces_.back().copied;
  if (first_ + 1 == pieces_.size() && written_ > copied.size() / 2) {
    copied.erase(copied.begin(), copied.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ = 0;
  }
  copied.insert(copied.end(), bytes.begin(), bytes.end());
  bytes_ += bytes.size();
}

std::size_t Backlog::fill(std::span<std::span<const std::byte>> pieces) const {
  const std::size_t count = std::min(pieces.size(), pieces_.size() - first_);
  for (std::size_t i = 0; i < count; ++i) pieces[i] = pieces_[first_ + i].view();
  if (count > 0) pieces[0] = pieces[0].subspan(written_);
  return count;
}

void Backlog::drop(std::size_t count) {
  bytes_ -= count;
  written_ += count;
  while (first_ < pieces_.size() && written_ >= pieces_[first_].view().size()) {
    written_ -= pieces_[first_].view().size();
    pieces_[first_++] = {};
  }
  drop_front_pieces();
}

/// Each piece is moved a constant number of times on average.
void Backlog::drop_front_pieces() {
  if (first_ == pieces_.size()) {
    pieces_ = {};
    first_ = 0;
  } else if (first_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace bowline::drive
