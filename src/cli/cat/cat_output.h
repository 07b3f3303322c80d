#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <bowline/error.h>
#include <bowline/loop.h>

#include "cli/cat/block_pool.h"

namespace bowline::cli {

/// Standard output, written by a thread of its own, because a reader may keep it waiting for good.
///
/// thread    its loop's
class CatOutput {
 public:
  explicit CatOutput(Loop& loop);
  ~CatOutput();
  CatOutput(const CatOutput&) = delete;
  CatOutput& operator=(const CatOutput&) = delete;

  /// A block to fill, if one is free; else `on_room` is called once there may be.
  [[nodiscard]] std::optional<Block> try_take() { return pool_.try_take(); }
  [[nodiscard]] std::size_t block_bytes() const { return pool_.block_bytes(); }
  void give_back(Block block) { pool_.give_back(std::move(block)); }
  void on_room(std::function<void()> handler) { on_room_ = std::move(handler); }
  void on_failure(std::function<void(const Error&)> handler) { on_failure_ = std::move(handler); }

  /// Writes the block behind all others; `block.size` is at least 1.
  void write(Block block);
  /// Ends standard output behind all blocks: whoever reads it sees the end. Calls `done` then.
  void finish(std::function<void()> done);

  /// The thread is through: it may be joined without waiting.
  [[nodiscard]] bool is_idle() const { return !thread_.joinable() || thread_done_; }

 private:
  void push(Block block);
  [[nodiscard]] Block pop();
  void write_all();
  /// 0, or errno.
  [[nodiscard]] static int write_block(const Block& block);

  Loop& loop_;
  BlockPool pool_;
  std::function<void()> on_room_;
  std::function<void()> on_finished_;
  std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<Block> queue_;  // an empty block is the end
  std::atomic<bool> thread_done_ = false;
  std::thread thread_;
};

}  // namespace bowline::cli
