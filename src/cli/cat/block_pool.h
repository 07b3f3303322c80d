#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace bowline::cli {

/// A piece of memory that moves between a thread and the loop, with as many bytes in use as `size`.
struct Block {
  std::unique_ptr<std::byte[]> memory;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> bytes() const { return {memory.get(), size}; }
};

/// The fixed number of blocks that the output of `cat` has: while there is none nothing is received, which
/// holds the peer back.
///
/// thread    any
class BlockPool {
 public:
  BlockPool(std::size_t blocks, std::size_t block_bytes);
  [[nodiscard]] std::size_t block_bytes() const { return block_bytes_; }

  [[nodiscard]] std::optional<Block> try_take();
  void give_back(Block block);

 private:
  std::size_t block_bytes_;
  std::mutex mutex_;
  std::vector<Block> free_;
};

}  // namespace bowline::cli
