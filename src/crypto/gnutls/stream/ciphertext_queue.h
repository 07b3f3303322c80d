#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace bowline::crypto {

/// Bytes that wait, in their order. It holds no memory while it is empty.
class CiphertextQueue {
 public:
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }

  void append(std::span<const std::byte> more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }

  /// Moves as much as fits.
  std::size_t take(std::span<std::byte> into) {
    const std::size_t count = std::min(into.size(), size());
    if (count > 0) std::memcpy(into.data(), bytes_.data() + begin_, count);
    begin_ += count;
    if (empty()) clear();
    return count;
  }

  void clear() {
    bytes_ = {};
    begin_ = 0;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
};

/// Counts the records of a byte stream as they go by, by their headers (RFC 8446 section 5.1).
class RecordCounter {
 public:
  void pass(std::span<const std::byte> bytes);
  /// Records that ended since the last call.
  [[nodiscard]] std::size_t take_count() { return std::exchange(count_, 0); }

 private:
  static constexpr std::size_t header_bytes = 5;

  std::size_t header_seen_ = 0;
  std::size_t body_left_ = 0;
  std::size_t count_ = 0;
};

inline void RecordCounter::pass(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (header_seen_ < header_bytes) {
      const auto value = std::to_integer<std::size_t>(bytes.front());
      if (header_seen_ == 3) body_left_ = value << 8;
      if (header_seen_ == 4) body_left_ |= value;
      ++header_seen_;
      bytes = bytes.subspan(1);
    } else {
      const std::size_t step = std::min(bytes.size(), body_left_);
      body_left_ -= step;
      bytes = bytes.subspan(step);
    }
    if (header_seen_ == header_bytes && body_left_ == 0) {
      header_seen_ = 0;
      ++count_;
    }
  }
}

}  // namespace bowline::crypto
