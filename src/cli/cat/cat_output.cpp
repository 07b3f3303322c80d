#include "cli/cat/cat_output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "cli/host/standard_descriptors.h"

namespace bowline::cli {

namespace {

constexpr std::size_t output_blocks_max = 4;
constexpr std::size_t output_block_bytes = 128 * 1024;

}  // namespace

CatOutput::CatOutput(Loop& loop) : loop_(loop), pool_(output_blocks_max, output_block_bytes) {}

CatOutput::~CatOutput() {
  if (thread_.joinable()) thread_.join();
}

void CatOutput::write(Block block) { push(std::move(block)); }

void CatOutput::finish(std::function<void()> done) {
  on_finished_ = std::move(done);
  push(Block());
}

void CatOutput::push(Block block) {
  if (!thread_.joinable()) thread_ = std::thread([this] { write_all(); });
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(block));
  pushed_.notify_one();
}

Block CatOutput::pop() {
  std::unique_lock lock(mutex_);
  pushed_.wait(lock, [this] { return !queue_.empty(); });
  Block block = std::move(queue_.front());
  queue_.pop_front();
  return block;
}

void CatOutput::write_all() {
  int error = 0;
  for (Block block = pop(); block.size != 0; block = pop()) {
    if (error == 0) {
      error = write_block(block);
      if (error != 0)
        loop_.post([this, error] {
          if (on_failure_) on_failure_(Error::from_errno(error, "write standard output"));
        });
    }
    pool_.give_back(std::move(block));
    loop_.post([this] {
      if (on_room_) std::exchange(on_room_, nullptr)();
    });
  }
  // The descriptor stays taken, so that nothing else can become standard output.
  static_cast<void>(std::freopen("/dev/null", "w", stdout));
  thread_done_ = true;
  loop_.post([this] { on_finished_(); });
}

int CatOutput::write_block(const Block& block) {
  std::span<const std::byte> rest = block.bytes();
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && !may_write_again()) return errno;
    if (count > 0) rest = rest.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace bowline::cli
