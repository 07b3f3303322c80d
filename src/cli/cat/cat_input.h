#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <thread>

#include <bowline/error.h>
#include <bowline/loop.h>

#include "cli/cat/block_pool.h"

namespace bowline::cli {

/// Standard input, read by a thread of its own, because a terminal or a pipe may keep a reader
/// waiting for good.
///
/// thread    its loop's
class CatInput {
 public:
  explicit CatInput(Loop& loop);
  ~CatInput();
  CatInput(const CatInput&) = delete;
  CatInput& operator=(const CatInput&) = delete;

  /// Hands the next block to `use`, here or later; an empty one at the end. One at a time. Blocks
  /// hold at most `bytes_max` from the next read on.
  void next(std::size_t bytes_max, std::move_only_function<void(Block)> use);
  /// Whoever waits for a block waits no more; the block goes to the next who asks.
  void forget();
  void give_back(Block block) { pool_.give_back(std::move(block)); }

  /// Why it ended, if that was no end of file.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// The thread is through: it may be joined without waiting.
  [[nodiscard]] bool is_idle() const { return !thread_.joinable() || thread_done_; }

 private:
  void read_all();
  void handle_read(Block block, int error);
  void deliver();

  Loop& loop_;
  BlockPool pool_;
  std::atomic<std::size_t> bytes_max_ = 0;
  std::deque<Block> arrived_;
  std::move_only_function<void(Block)> waiting_;
  std::optional<Error> error_;
  bool ended_ = false;
  std::atomic<bool> thread_done_ = false;
  std::thread thread_;
};

}  // namespace bowline::cli
