#pragma once

#include <cstddef>
#include <span>

#include <bowline/buffer.h>

namespace bowline {

/// Where a loop reads into: one block, cut into slices as bytes arrive, and used from its start again as
/// soon as nobody holds a slice of it. Only when slices are kept does a new block take its place; so an
/// idle connection holds no memory here, and a busy one that drops what it read allocates nothing.
class BufferPool {
 public:
  static constexpr std::size_t block_bytes = 64 * 1024;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// Room to read into, at least `wanted` bytes (at most block_bytes); valid until the next call here.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t wanted);
  /// The first `size` bytes of the room last prepared, as a slice.
  [[nodiscard]] Buffer commit(std::size_t size);

 private:
  void drop_block();

  Buffer::Block* block_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace bowline
