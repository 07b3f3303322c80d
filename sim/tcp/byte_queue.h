#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace bowline::sim {

/// Bytes in at the back, out at the front, always in one piece.
class ByteQueue {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size() - head_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::span(bytes_).subspan(head_);
  }

  void push(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void drop(std::size_t count) {
    head_ += count;
    // Moves the rest only when at least as much lies dead in front of it: linear in all.
    if (head_ * 2 < bytes_.size()) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  std::size_t pop(std::span<std::byte> into) {
    const std::size_t count = std::min(into.size(), size());
    std::copy_n(bytes().begin(), count, into.begin());
    drop(count);
    return count;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t head_ = 0;
};

}  // namespace bowline::sim
