#pragma once

#include <bowline/export.h>

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace BOWLINE_API bowline {

class BufferPool;

/// What may be given away as bytes: a temporary, or moved, object that owns octets in one piece, such as
/// std::string and std::vector<std::byte>.
template <class T>
concept OwnedBytes =
    !std::is_reference_v<T> && !std::is_const_v<T> && std::ranges::contiguous_range<T> &&
    std::ranges::sized_range<T> && !std::ranges::borrowed_range<T> &&
    sizeof(std::ranges::range_value_t<T>) == 1 &&
    std::is_trivially_copyable_v<std::ranges::range_value_t<T>>;

/// Bytes that several may share: what was received, or what somebody gave away to be sent.
///
/// size      24 bytes; copying shares, it never copies bytes
/// thread    one loop's: the count of slices is not atomic. Take bytes elsewhere by copying them.
/// lifetime  a slice keeps the memory that it is a part of alive, and may outlive the loop. For what was
///           received that is at most eight times as large as the bytes that came together.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer& other) noexcept
      : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) ++block_->slices;
  }
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr && --block_->slices == 0) release(block_);
  }

  /// A buffer of its own, outside any pool.
  [[nodiscard]] static Buffer copy_of(std::span<const std::byte> bytes);
  /// Takes over a string, a vector or an array of octets as it is; its bytes are not copied, but those of an
  /// array.
  template <OwnedBytes Owner>
  [[nodiscard]] static Buffer own(Owner&& owner);

  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data_), size_};
  }

  /// Bytes [offset, offset + size) of this slice, cut to what is there.
  [[nodiscard]] Buffer slice(std::size_t offset, std::size_t size) const;
  /// Drops the first `count` bytes; `count` is at most `size()`.
  void remove_prefix(std::size_t count) {
    data_ += count;
    size_ -= count;
  }

 private:
  friend class BufferPool;
  struct Block {
    std::size_t slices;                      // and one more while a pool reads into it
    void (*dispose)(Block* block) noexcept;  // called once nobody needs it
  };
  template <class Owner>
  struct Owned;
  Buffer(Block* block, const std::byte* data, std::size_t size)
      : block_(block), data_(data), size_(size) {
    ++block->slices;
  }
  static void release(Block* block) noexcept { block->dispose(block); }

  Block* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

template <class Owner>
struct Buffer::Owned : Block {
  explicit Owned(Owner&& given)
      : Block{0, [](Block* block) noexcept { delete static_cast<Owned*>(block); }},
        owner(std::move(given)) {}
  Owner owner;
};

template <OwnedBytes Owner>
Buffer Buffer::own(Owner&& owner) {
  if (std::ranges::empty(owner)) return {};
  auto* const owned = new Owned<Owner>(std::move(owner));
  return {owned, reinterpret_cast<const std::byte*>(std::ranges::data(owned->owner)),
          static_cast<std::size_t>(std::ranges::size(owned->owner))};
}
/// How much there is, not what: `12 bytes`.
[[nodiscard]] std::string to_string(const Buffer& buffer);

}  // namespace BOWLINE_API bowline
