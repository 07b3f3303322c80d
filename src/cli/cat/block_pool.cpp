#include "cli/cat/block_pool.h"

#include <utility>

namespace bowline::cli {

BlockPool::BlockPool(std::size_t blocks, std::size_t block_bytes) : block_bytes_(block_bytes) {
  for (std::size_t i = 0; i < blocks; ++i)
    free_.push_back({std::make_unique_for_overwrite<std::byte[]>(block_bytes), 0});
}

std::optional<Block> BlockPool::try_take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::nullopt;
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockPool::give_back(Block block) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(block));
}

}  // namespace bowline::cli
