#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <bowline/buffer.h>

namespace bowline {

/// Where a loop reads into: one large block. What a read brings in less than an eighth of it is copied at
/// once into a small block of about its size, so that somebody who keeps a few bytes keeps little memory.
/// Larger pieces stay where they are, as slices, and the block is used from its start again as soon as
/// nobody holds one; only when slices are kept does another block take its place.
///
/// Blocks of both kinds are kept when they come back, up to a limit: so an idle connection holds no memory
/// here, and a busy one that drops what it read allocates nothing.
class BufferPool {
 public:
  static constexpr std::size_t block_bytes = 128 * 1024;
  /// What one read may ask for: two of the largest UDP runs fit a block.
  static constexpr std::size_t read_bytes_max = 64 * 1024;
  /// What is copied out of the block.
  static constexpr std::size_t small_bytes_max = block_bytes / 8;
  static constexpr std::size_t spare_blocks_max = 8;
  static constexpr std::size_t spare_small_bytes_max = 512 * 1024;

  BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// Room to read into, at least `wanted` bytes (at most read_bytes_max); valid until the next call here.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t wanted);
  /// The first `size` bytes of the room last prepared. It does not fail.
  [[nodiscard]] Buffer commit(std::size_t size) noexcept;
  /// A buffer of its own, from the small blocks if it is small.
  [[nodiscard]] Buffer copy_of(std::span<const std::byte> bytes);

 private:
  struct Block;
  struct Spares;
  static constexpr std::size_t small_classes =
      9;  // of 64 bytes and its doubles, up to small_bytes_max

  [[nodiscard]] Block* take_block();
  [[nodiscard]] Block* take_small(std::size_t bytes, std::size_t size_class) noexcept;
  void drop_block();
  [[nodiscard]] Buffer copy_small(std::span<const std::byte> bytes) noexcept;
  static void give_back(Buffer::Block* block) noexcept;

  Spares* spares_;
  Block* block_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace bowline
