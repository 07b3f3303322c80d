#include <bowline/buffer.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "base/buffer_pool.h"

namespace bowline {

namespace {

std::byte* data_after(void* block, std::size_t header_bytes) {
  return static_cast<std::byte*>(block) + header_bytes;
}

}  // namespace

/// The spare blocks of a pool. Slices may outlive their pool: the last block then ends this too.
struct Buffer::Spares {
  Block* first = nullptr;
  std::size_t count = 0;
  std::size_t blocks_in_use = 0;
  bool pool_is_gone = false;
};

void Buffer::release(Block* block) noexcept {
  Spares* const spares = block->spares;
  if (spares == nullptr) {
    ::operator delete(block);
    return;
  }
  --spares->blocks_in_use;
  if (!spares->pool_is_gone && spares->count < BufferPool::spare_blocks_max) {
    block->next = spares->first;
    spares->first = block;
    ++spares->count;
    return;
  }
  ::operator delete(block);
  if (spares->pool_is_gone && spares->blocks_in_use == 0) delete spares;
}

Buffer Buffer::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  auto* block =
      new (::operator new(sizeof(Block) + bytes.size())) Block{0, bytes.size(), nullptr, nullptr};
  std::byte* data = data_after(block, sizeof(Block));
  std::memcpy(data, bytes.data(), bytes.size());
  return {block, data, bytes.size()};
}

Buffer Buffer::slice(std::size_t offset, std::size_t size) const {
  Buffer part = *this;
  part.remove_prefix(std::min(offset, size_));
  part.size_ = std::min(size, part.size_);
  return part;
}

BufferPool::BufferPool() : spares_(new Buffer::Spares) {}

BufferPool::~BufferPool() {
  spares_->pool_is_gone = true;
  while (spares_->first != nullptr)
    ::operator delete(std::exchange(spares_->first, spares_->first->next));
  const bool unused = spares_->blocks_in_use == 0;
  drop_block();
  if (unused) delete spares_;
}

std::span<std::byte> BufferPool::prepare(std::size_t wanted) {
  assert(wanted <= read_bytes_max);
  if (block_ != nullptr && block_->slices == 1) used_ = 0;
  if (block_ == nullptr || block_->capacity - used_ < wanted) {
    drop_block();
    block_ = take_block();
    used_ = 0;
  }
  return {data_after(block_, sizeof(Buffer::Block)) + used_, block_->capacity - used_};
}

Buffer BufferPool::commit(std::size_t size) {
  Buffer buffer(block_, data_after(block_, sizeof(Buffer::Block)) + used_, size);
  // Slices start aligned, so that a header can be read in place.
  used_ = std::min(block_->capacity, (used_ + size + 15) & ~std::size_t{15});
  return buffer;
}

Buffer::Block* BufferPool::take_block() {
  Buffer::Block* block = spares_->first;
  if (block == nullptr) {
    block = new (::operator new(sizeof(Buffer::Block) + block_bytes))
        Buffer::Block{1, block_bytes, spares_, nullptr};
  } else {
    spares_->first = block->next;
    --spares_->count;
    block->slices = 1;
  }
  ++spares_->blocks_in_use;
  return block;
}

void BufferPool::drop_block() {
  if (block_ != nullptr && --block_->slices == 0) Buffer::release(block_);
  block_ = nullptr;
}

}  // namespace bowline
