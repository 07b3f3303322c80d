#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <bowline/buffer.h>

#include "base/buffer_pool.h"

namespace bowline::drive {

/// Bytes of a stream that were read, and not handed over. Each byte is moved a constant number of times on
/// average, in however many pieces it is added and taken.
class KeptBytes {
 public:
  [[nodiscard]] bool empty() const { return first_ == bytes_.size(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - first_; }
  [[nodiscard]] std::span<const std::byte> view() const {
    return std::span(bytes_).subspan(first_);
  }

  /// Either adds all or, for want of memory, nothing.
  void append(std::span<const std::byte> bytes);
  /// Ahead of all others. Linear in what is there.
  void prepend(std::span<const std::byte> bytes);
  /// The first `count` bytes, at most size(). `pool` is null once the loop is gone.
  [[nodiscard]] Buffer take(std::size_t count, BufferPool* pool);
  void drop(std::size_t count) { first_ += count; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t first_ = 0;
};

}  // namespace bowline::drive
