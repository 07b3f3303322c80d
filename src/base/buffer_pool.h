#pragma once

#include <cstddef>
#include <span>

#include <bowline/buffer.h>

namespace bowline {

/// Where a loop reads into: one block, cut into slices as bytes arrive, and used from its start again as
/// soon as nobody holds a slice of it. Only when slices are kept does another block take its place, a spare
/// one if there is; so an idle connection holds no memory here, and a busy one that drops what it read
/// allocates nothing.
class BufferPool {
 public:
  static constexpr std::size_t block_bytes = 128 * 1024;
  /// What one read may ask for: two of the largest UDP runs fit a block.
  static constexpr std::size_t read_bytes_max = 64 * 1024;
  static constexpr std::size_t spare_blocks_max = 8;

  BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// Room to read into, at least `wanted` bytes (at most read_bytes_max); valid until the next call here.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t wanted);
  /// The first `size` bytes of the room last prepared, as a slice.
  [[nodiscard]] Buffer commit(std::size_t size);

 private:
  void drop_block();
  [[nodiscard]] Buffer::Block* take_block();

  Buffer::Spares* spares_;
  Buffer::Block* block_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace bowline
