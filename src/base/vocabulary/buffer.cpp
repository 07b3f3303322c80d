#include <bowline/buffer.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "base/buffer_pool.h"

namespace bowline {

namespace {

constexpr std::size_t smallest_bytes = 64;
constexpr std::size_t alignment = 16;
// Under a sanitizer small blocks get fresh memory each, so that late uses are found.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_small_spares = false;
#else
constexpr bool keeps_small_spares = true;
#endif

template <class Block>
std::byte* data_of(Block* block) {
  static_assert(sizeof(Block) % alignment == 0, "so that a header can be read in place");
  return reinterpret_cast<std::byte*>(block) + sizeof(Block);
}

[[nodiscard]] std::size_t class_of(std::size_t bytes) {
  return static_cast<std::size_t>(
      std::bit_width((std::max(bytes, smallest_bytes) - 1) / smallest_bytes));
}

}  // namespace

/// A block of a pool, with its bytes behind it.
struct alignas(alignment) BufferPool::Block : Buffer::Block {
  Spares* spares;  // where it goes when nobody needs it
  Block* next;     // there
  std::uint32_t capacity;
  std::uint32_t size_class;  // small_classes for a large one
};

/// The blocks that nobody needs at the moment. Slices may outlive their pool: the last block then ends this
/// too.
struct BufferPool::Spares {
  std::array<Block*, small_classes + 1> first{};
  std::size_t large_count = 0;
  std::size_t small_bytes = 0;
  std::size_t blocks_in_use = 0;
  bool pool_is_gone = false;

  [[nodiscard]] bool wants(const Block& block) const {
    if (pool_is_gone) return false;
    return block.size_class == small_classes
               ? large_count < spare_blocks_max
               : keeps_small_spares && small_bytes + block.capacity <= spare_small_bytes_max;
  }
  void push(Block& block) {
    Block*& head = first[block.size_class];
    block.next = head;
    head = &block;
    block.size_class == small_classes ? ++large_count : small_bytes += block.capacity;
  }
  [[nodiscard]] Block* pop(std::size_t size_class) {
    Block*& head = first[size_class];
    Block* const block = head;
    if (block == nullptr) return nullptr;
    head = block->next;
    size_class == small_classes ? --large_count : small_bytes -= block->capacity;
    return block;
  }
};

Buffer Buffer::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  const auto dispose = [](Block* block) noexcept { ::operator delete(block); };
  auto* block = new (::operator new(sizeof(Block) + bytes.size())) Block{0, dispose};
  std::byte* data = data_of(block);
  std::memcpy(data, bytes.data(), bytes.size());
  return {block, data, bytes.size()};
}

Buffer Buffer::slice(std::size_t offset, std::size_t size) const {
  Buffer part = *this;
  part.remove_prefix(std::min(offset, size_));
  part.size_ = std::min(size, part.size_);
  return part;
}

BufferPool::BufferPool() : spares_(new Spares) {}

BufferPool::~BufferPool() {
  for (std::size_t size_class = 0; size_class <= small_classes; ++size_class) {
    while (Block* const spare = spares_->pop(size_class)) ::operator delete(spare);
  }
  spares_->pool_is_gone = true;
  const bool unused = spares_->blocks_in_use == 0;
  drop_block();
  if (unused) delete spares_;
}

void BufferPool::give_back(Buffer::Block* given) noexcept {
  auto* const block = static_cast<Block*>(given);
  Spares* const spares = block->spares;
  --spares->blocks_in_use;
  if (spares->wants(*block)) return spares->push(*block);
  ::operator delete(block);
  if (spares->pool_is_gone && spares->blocks_in_use == 0) delete spares;
}

std::span<std::byte> BufferPool::prepare(std::size_t wanted) {
  assert(wanted <= read_bytes_max);
  if (block_ != nullptr && block_->slices == 1) used_ = 0;
  if (block_ == nullptr || block_->capacity - used_ < wanted) {
    drop_block();
    block_ = take_block();
    used_ = 0;
  }
  return {data_of(block_) + used_, block_->capacity - used_};
}

Buffer BufferPool::commit(std::size_t size) noexcept {
  if (size == 0) return {};
  std::byte* const data = data_of(block_) + used_;
  if (size < small_bytes_max) {
    if (Buffer copy = copy_small({data, size}); !copy.empty()) return copy;
    // For want of memory it stays where it is.
  }
  // Slices start aligned, so that a header can be read in place.
  used_ =
      std::min<std::size_t>(block_->capacity, (used_ + size + alignment - 1) & ~(alignment - 1));
  return {block_, data, size};
}

Buffer BufferPool::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() <= small_bytes_max) {
    if (Buffer copy = copy_small(bytes); !copy.empty()) return copy;
  }
  return Buffer::copy_of(bytes);
}

/// Empty for want of memory.
Buffer BufferPool::copy_small(std::span<const std::byte> bytes) noexcept {
  Block* const block = take_small(bytes.size(), class_of(bytes.size()));
  if (block == nullptr) return {};
  std::memcpy(data_of(block), bytes.data(), bytes.size());
  return {block, data_of(block), bytes.size()};
}

BufferPool::Block* BufferPool::take_small(std::size_t bytes, std::size_t size_class) noexcept {
  Block* block = spares_->pop(size_class);
  if (block == nullptr) {
    const std::size_t capacity = smallest_bytes << size_class;
    assert(bytes <= capacity);
    void* const memory = ::operator new(sizeof(Block) + capacity, std::nothrow);
    if (memory == nullptr) return nullptr;
    block = new (memory) Block{{0, give_back},
                               spares_,
                               nullptr,
                               static_cast<std::uint32_t>(capacity),
                               static_cast<std::uint32_t>(size_class)};
  }
  block->slices = 0;
  ++spares_->blocks_in_use;
  return block;
}

BufferPool::Block* BufferPool::take_block() {
  Block* block = spares_->pop(small_classes);
  if (block == nullptr) {
    block = new (::operator new(sizeof(Block) + block_bytes))
        Block{{0, give_back}, spares_, nullptr, block_bytes, small_classes};
  }
  block->slices = 1;
  ++spares_->blocks_in_use;
  return block;
}

void BufferPool::drop_block() {
  if (block_ != nullptr && --block_->slices == 0) give_back(block_);
  block_ = nullptr;
}

}  // namespace bowline
