#include "drive/loop/timer.h"

#include <utility>

namespace bowline::drive {

Timer::~Timer() {
  if (queue_ != nullptr) queue_->set(*this, std::nullopt);
}

TimerQueue::~TimerQueue() {
  while (root_ != nullptr) remove(*root_);
}

void TimerQueue::set(Timer& timer, std::optional<Instant> at) {
  if (timer.is_armed()) remove(timer);
  if (!at) return;
  timer.queue_ = this;
  timer.at_ = *at;
  timer.order_ = ++armed_count_;
  root_ = meld(root_, &timer);
}

std::optional<Instant> TimerQueue::deadline() const {
  if (root_ == nullptr) return std::nullopt;
  return root_->at_;
}

Timer* TimerQueue::pop_due(Instant now) {
  if (root_ == nullptr || root_->at_ > now) return nullptr;
  Timer* timer = root_;
  remove(*timer);
  return timer;
}

/// One tree out of two, either of which may be empty: the later root becomes the first child of the earlier.
Timer* TimerQueue::meld(Timer* a, Timer* b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  if (b->is_before(*a)) std::swap(a, b);
  b->next_ = a->child_;
  b->previous_ = a;
  if (b->next_ != nullptr) b->next_->previous_ = b;
  a->child_ = b;
  return a;
}

/// One tree out of a row of children: in pairs from the first to the last, and then all pairs.
Timer* TimerQueue::meld_row(Timer* first) {
  Timer* pairs = nullptr;
  while (first != nullptr) {
    Timer* const a = first;
    Timer* const b = a->next_;
    first = b == nullptr ? nullptr : b->next_;
    a->next_ = nullptr;
    if (b != nullptr) b->next_ = nullptr;
    Timer* const pair = meld(a, b);
    pair->next_ = pairs;
    pairs = pair;
  }
  Timer* tree = nullptr;
  while (pairs != nullptr) {
    Timer* const pair = std::exchange(pairs, pairs->next_);
    pair->next_ = nullptr;
    tree = meld(tree, pair);
  }
  return tree;
}

void TimerQueue::remove(Timer& timer) {
  Timer* const orphans = meld_row(std::exchange(timer.child_, nullptr));
  if (&timer == root_) {
    root_ = orphans;
  } else {
    (timer.previous_->child_ == &timer ? timer.previous_->child_ : timer.previous_->next_) =
        timer.next_;
    if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
    root_ = meld(root_, orphans);
  }
  if (root_ != nullptr) root_->previous_ = nullptr;
  timer.next_ = timer.previous_ = nullptr;
  timer.queue_ = nullptr;
}

}  // namespace bowline::drive
