#include "drive/stream/kept_bytes.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void KeptBytes::append(std::span<const std::byte> bytes) {
  if (first_ > 0 && first_ >= bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void KeptBytes::prepend(std::span<const std::byte> bytes) {
  if (bytes.size() <= first_) {
    first_ -= bytes.size();
    std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(first_));
    return;
  }
  bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(first_), bytes.begin(), bytes.end());
}

Buffer KeptBytes::take(std::size_t count, BufferPool* pool) {
  // A large whole is given away as it is, unless much of its memory lies idle.
  if (count == size() && count > BufferPool::small_bytes_max && count >= bytes_.capacity() / 2) {
    Buffer whole = Buffer::own(std::move(bytes_));
    bytes_ = {};
    return whole.slice(std::exchange(first_, 0), count);
  }
  const auto bytes = view().first(count);
  Buffer taken = pool != nullptr ? pool->copy_of(bytes) : Buffer::copy_of(bytes);
  drop(count);
  return taken;
}

}  // namespace bowline::drive
