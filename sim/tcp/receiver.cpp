#include "sim/tcp/receiver.h"

#include <algorithm>

namespace bowline::sim {

void TcpReceiver::handle(std::uint64_t offset, std::span<const std::byte> bytes, bool end) {
  if (end && !end_ && offset + bytes.size() <= edge_) end_ = offset + bytes.size();
  if (offset + bytes.size() > edge_)
    bytes = bytes.first(static_cast<std::size_t>(edge_ - std::min(offset, edge_)));
  if (offset > next_) return keep_for_later(offset, bytes);
  const std::uint64_t known = std::min<std::uint64_t>(next_ - offset, bytes.size());
  bytes = bytes.subspan(static_cast<std::size_t>(known));
  ready_.push(bytes);
  next_ += bytes.size();
  take_kept();
}

std::uint64_t TcpReceiver::window() {
  edge_ = std::max(edge_, next_ + capacity_ - ready_.size());
  return edge_ - next_;
}

bool TcpReceiver::has_news_for_peer() const {
  // RFC 9293 3.8.6.2.2: speak when there is a segment's worth, or half of the buffer, to gain.
  const std::uint64_t gain =
      next_ + capacity_ - ready_.size() - std::min(edge_, next_ + capacity_ - ready_.size());
  return gain >=
         std::min<std::uint64_t>(capacity_ / 2, std::max<std::uint64_t>(capacity_ / 8, 1460));
}

void TcpReceiver::keep_for_later(std::uint64_t offset, std::span<const std::byte> bytes) {
  // Overlapping pieces could add up to more than the window.
  if (bytes.empty() || kept_bytes_ + bytes.size() > capacity_) return;
  std::vector<std::byte>& piece = kept_[offset];
  if (piece.size() >= bytes.size()) return;
  kept_bytes_ += bytes.size() - piece.size();
  piece.assign(bytes.begin(), bytes.end());
}

void TcpReceiver::take_kept() {
  while (!kept_.empty() && kept_.begin()->first <= next_) {
    const auto& [offset, piece] = *kept_.begin();
    const std::uint64_t known = std::min<std::uint64_t>(next_ - offset, piece.size());
    ready_.push(std::span(piece).subspan(static_cast<std::size_t>(known)));
    next_ += piece.size() - known;
    kept_bytes_ -= piece.size();
    kept_.erase(kept_.begin());
  }
}

}  // namespace bowline::sim
