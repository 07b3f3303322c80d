#include <bowline/buffer.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "base/buffer_pool.h"

namespace bowline {

namespace {

std::byte* data_after(void* block, std::size_t header_bytes) {
  return static_cast<std::byte*>(block) + header_bytes;
}

}  // namespace

void Buffer::release(Block* block) noexcept { ::operator delete(block); }

Buffer Buffer::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  auto* block = new (::operator new(sizeof(Block) + bytes.size())) Block{0, bytes.size()};
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

BufferPool::~BufferPool() { drop_block(); }

std::span<std::byte> BufferPool::prepare(std::size_t wanted) {
  assert(wanted <= block_bytes);
  if (block_ != nullptr && block_->slices == 1) used_ = 0;
  if (block_ == nullptr || block_->capacity - used_ < wanted) {
    drop_block();
    block_ = new (::operator new(sizeof(Buffer::Block) + block_bytes)) Buffer::Block{1, block_bytes};
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

void BufferPool::drop_block() {
  if (block_ != nullptr && --block_->slices == 0) Buffer::release(block_);
  block_ = nullptr;
}

}  // namespace bowline
