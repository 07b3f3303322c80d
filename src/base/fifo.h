#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace bowline {

/// First in, first out. It keeps some of its memory when it is empty, so that a steady flow through it
/// allocates nothing.
template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - first_; }
  [[nodiscard]] T& front() { return items_[first_]; }
  void push_back(T item) {
    // A queue that never runs empty does not grow by what was taken from it.
    if (items_.size() == items_.capacity() && first_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    items_.push_back(std::move(item));
  }
  void push_front(T item) {
    if (first_ > 0) {
      items_[--first_] = std::move(item);
    } else {
      items_.insert(items_.begin(), std::move(item));
    }
  }
  [[nodiscard]] T take_front() {
    T item = std::move(items_[first_]);
    if (++first_ == items_.size()) clear();
    return item;
  }
  void clear() {
    if (items_.capacity() > kept_max) items_ = std::vector<T>();
    items_.clear();
    first_ = 0;
  }

 private:
  static constexpr std::size_t kept_max = 64;

  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace bowline
