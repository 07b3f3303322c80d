#pragma once

namespace bowline::drive {

/// Started requests of one kind that wait for their turn, first in first out; each holds the link to the
/// next. `Pending` has a member `Pending* next_pending = nullptr`.
template <class Pending>
class PendingQueue {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] Pending& front() const { return *first_; }
  [[nodiscard]] Pending* first() const { return first_; }

  void push(Pending& pending) {
    pending.next_pending = nullptr;
    (first_ == nullptr ? first_ : last_->next_pending) = &pending;
    last_ = &pending;
  }

  Pending& pop() {
    Pending& pending = *first_;
    first_ = pending.next_pending;
    return pending;
  }

  void remove(Pending& pending) {
    Pending* before = nullptr;
    for (Pending* at = first_; at != nullptr; before = at, at = at->next_pending) {
      if (at != &pending) continue;
      (before == nullptr ? first_ : before->next_pending) = at->next_pending;
      if (last_ == &pending) last_ = before;
      return;
    }
  }

 private:
  Pending* first_ = nullptr;
  Pending* last_ = nullptr;
};

}  // namespace bowline::drive
