#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <bowline/buffer.h>

namespace bowline::core {

/// Bytes that a framer has not consumed yet, in one piece. What came last is kept uncopied while it is all
/// there is.
class FramerInput {
 public:
  void add(Buffer bytes);
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return gathered_.empty() ? held_.bytes() : std::span(gathered_).subspan(consumed_);
  }
  /// At most what is there.
  void consume(std::size_t count);
  /// Consumes the first `count` bytes and returns them, without a copy where that is possible.
  [[nodiscard]] Buffer take(std::size_t count);
  void clear();

 private:
  static constexpr std::size_t gathered_kept_max = 64 * 1024;

  Buffer held_;                      // if nothing is gathered
  std::vector<std::byte> gathered_;  // several pieces in one
  std::size_t consumed_ = 0;         // of gathered_
};

}  // namespace bowline::core
