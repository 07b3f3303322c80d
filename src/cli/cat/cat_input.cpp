#include "cli/cat/cat_input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cli/host/standard_descriptors.h"

namespace bowline::cli {

namespace {

constexpr std::size_t input_blocks_max = 4;
constexpr std::size_t input_block_bytes = 128 * 1024;

}  // namespace

CatInput::CatInput(Loop& loop) : loop_(loop), pool_(input_blocks_max, input_block_bytes) {}

CatInput::~CatInput() {
  if (thread_.joinable()) thread_.join();
}

void CatInput::next(std::size_t bytes_max, std::move_only_function<void(Block)> use) {
  bytes_max_ = std::clamp<std::size_t>(bytes_max, 1, input_block_bytes);
  waiting_ = std::move(use);
  if (!thread_.joinable()) thread_ = std::thread([this] { read_all(); });
  deliver();
}

void CatInput::forget() { waiting_ = nullptr; }

void CatInput::read_all() {
  bool more = true;
  while (more) {
    Block block = pool_.take();
    ssize_t count = 0;
    do count = ::read(STDIN_FILENO, block.memory.get(), bytes_max_);
    while (count < 0 && may_read_again());
    const int error = count < 0 ? errno : 0;
    block.size = count < 0 ? 0 : static_cast<std::size_t>(count);
    more = count > 0;
    if (!more) thread_done_ = true;
    loop_.post([this, block = std::move(block), error]() mutable {
      handle_read(std::move(block), error);
    });
  }
}

void CatInput::handle_read(Block block, int error) {
  if (error != 0) error_ = Error::from_errno(error, "read standard input");
  if (block.size == 0) {
    ended_ = true;
  } else {
    arrived_.push_back(std::move(block));
  }
  deliver();
}

void CatInput::deliver() {
  if (!waiting_ || (arrived_.empty() && !ended_)) return;
  Block block;
  if (!arrived_.empty()) {
    block = std::move(arrived_.front());
    arrived_.pop_front();
  }
  std::exchange(waiting_, nullptr)(std::move(block));
}

}  // namespace bowline::cli
