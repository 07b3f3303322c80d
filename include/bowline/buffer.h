#pragma once

#include <bowline/export.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace BOWLINE_API bowline {

class BufferPool;

/// Bytes that were received: a slice of the block that its loop read into.
///
/// size      24 bytes; copying shares, it never copies bytes
/// thread    one loop's: the count of slices is not atomic. Take bytes elsewhere by copying them.
/// lifetime  a slice keeps its whole block (128 KiB) alive, and may outlive the loop
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer& other) noexcept
      : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) ++block_->slices;
  }
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr && --block_->slices == 0) release(block_);
  }

  /// A buffer of its own, outside any pool.
  [[nodiscard]] static Buffer copy_of(std::span<const std::byte> bytes);

  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data_), size_};
  }

  /// Bytes [offset, offset + size) of this slice, cut to what is there.
  [[nodiscard]] Buffer slice(std::size_t offset, std::size_t size) const;
  /// Drops the first `count` bytes; `count` is at most `size()`.
  void remove_prefix(std::size_t count) {
    data_ += count;
    size_ -= count;
  }

 private:
  friend class BufferPool;
  struct Spares;
  struct Block {
    std::size_t slices;  // and one more while a pool reads into it
    std::size_t capacity;
    Spares* spares;  // where it goes when nobody needs it; null for a block outside any pool
    Block* next;
  };
  Buffer(Block* block, const std::byte* data, std::size_t size)
      : block_(block), data_(data), size_(size) {
    ++block->slices;
  }
  static void release(Block* block) noexcept;

  Block* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// How much there is, not what: `12 bytes`.
[[nodiscard]] std::string to_string(const Buffer& buffer);

}  // namespace BOWLINE_API bowline
