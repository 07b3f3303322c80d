#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bowline::core {

/// Sees the head of every frame that comes, also of those that nghttp2 drops without a word: unknown types,
/// and priorities in the old form.
class FrameScanner {
 public:
  /// `preface_octets` stand before the first frame.
  explicit FrameScanner(std::size_t preface_octets) : skipped_(preface_octets) {}

  /// Calls `each(type)` once for every frame whose head ends in `bytes`.
  template <class Each>
  void scan(std::span<const std::byte> bytes, Each each) {
    while (!bytes.empty()) {
      const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(skipped_, bytes.size()));
      skipped_ -= skip;
      bytes = bytes.subspan(skip);
      if (bytes.empty()) return;
      const std::size_t count = std::min(head_octets - held_, bytes.size());
      std::ranges::copy(bytes.first(count), head_.begin() + static_cast<std::ptrdiff_t>(held_));
      held_ += count;
      bytes = bytes.subspan(count);
      if (held_ < head_octets) return;
      held_ = 0;
      skipped_ = octet(0) << 16 | octet(1) << 8 | octet(2);
      each(static_cast<std::uint8_t>(octet(3)));
    }
  }

 private:
  static constexpr std::size_t head_octets = 9;  // RFC 9113 4.1

  [[nodiscard]] std::uint64_t octet(std::size_t index) const {
    return std::to_integer<std::uint64_t>(head_[index]);
  }

  std::uint64_t skipped_;
  std::array<std::byte, head_octets> head_{};
  std::size_t held_ = 0;
};

}  // namespace bowline::core
