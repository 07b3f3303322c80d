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

  struct Head {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::uint32_t depends_on = 0;  ///< of a priority in the old form
  };

  /// Calls `each(head)` once for every frame whose head ends in `bytes`.
  template <class Each>
  void scan(std::span<const std::byte> bytes, Each each) {
    while (!bytes.empty()) {
      const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(skipped_, bytes.size()));
      skipped_ -= skip;
      bytes = bytes.subspan(skip);
      if (bytes.empty()) return;
      const std::size_t count = std::min(wanted_ - held_, bytes.size());
      std::ranges::copy(bytes.first(count), head_.begin() + static_cast<std::ptrdiff_t>(held_));
      held_ += count;
      bytes = bytes.subspan(count);
      if (held_ < wanted_) return;
      const std::uint64_t length = octet(0) << 16 | octet(1) << 8 | octet(2);
      const bool is_priority = octet(3) == priority && length == priority_octets;
      if (is_priority && wanted_ == head_octets) {
        wanted_ = head_octets + number_octets;
        continue;
      }
      skipped_ = length - (wanted_ - head_octets);
      Head head{static_cast<std::uint8_t>(octet(3)), static_cast<std::uint8_t>(octet(4)),
                number_at(5)};
      if (is_priority) head.depends_on = number_at(head_octets);
      held_ = 0;
      wanted_ = head_octets;
      each(head);
    }
  }

 private:
  static constexpr std::size_t head_octets = 9;  // RFC 9113 4.1

  static constexpr std::uint64_t priority = 2;  // 6.3
  static constexpr std::uint64_t priority_octets = 5;
  static constexpr std::size_t number_octets = 4;

  [[nodiscard]] std::uint64_t octet(std::size_t index) const {
    return std::to_integer<std::uint64_t>(head_[index]);
  }
  /// 31 bits.
  [[nodiscard]] std::uint32_t number_at(std::size_t index) const {
    return static_cast<std::uint32_t>((octet(index) & 0x7fU) << 24 | octet(index + 1) << 16 |
                                      octet(index + 2) << 8 | octet(index + 3));
  }

  std::uint64_t skipped_;
  std::array<std::byte, head_octets + number_octets> head_{};
  std::size_t wanted_ = head_octets;
  std::size_t held_ = 0;
};

}  // namespace bowline::core
