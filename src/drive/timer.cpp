#include "drive/timer.h"

namespace bowline::drive {

Timer::~Timer() {
  if (queue_ != nullptr) queue_->set(*this, std::nullopt);
}

TimerQueue::~TimerQueue() {
  for (Timer* timer : heap_) timer->queue_ = nullptr;
}

void TimerQueue::set(Timer& timer, std::optional<Instant> at) {
  if (at && timer.is_armed()) {
    timer.at_ = *at;
    sift_up(timer.position_);
    sift_down(timer.position_);
  } else if (at) {
    timer.queue_ = this;
    timer.at_ = *at;
    heap_.push_back(&timer);
    place(heap_.size() - 1, timer);
    sift_up(timer.position_);
  } else if (timer.is_armed()) {
    const std::size_t hole = timer.position_;
    timer.queue_ = nullptr;
    Timer& last = *heap_.back();
    heap_.pop_back();
    if (&last == &timer) return;
    place(hole, last);
    sift_up(hole);
    sift_down(last.position_);
  }
}

std::optional<Instant> TimerQueue::deadline() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->at_;
}

Timer* TimerQueue::pop_due(Instant now) {
  if (heap_.empty() || heap_.front()->at_ > now) return nullptr;
  Timer* timer = heap_.front();
  set(*timer, std::nullopt);
  return timer;
}

void TimerQueue::place(std::size_t position, Timer& timer) {
  heap_[position] = &timer;
  timer.position_ = position;
}

void TimerQueue::sift_up(std::size_t position) {
  Timer& timer = *heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (heap_[parent]->at_ <= timer.at_) break;
    place(position, *heap_[parent]);
    position = parent;
  }
  place(position, timer);
}

void TimerQueue::sift_down(std::size_t position) {
  Timer& timer = *heap_[position];
  for (;;) {
    std::size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (heap_[child]->at_ >= timer.at_) break;
    place(position, *heap_[child]);
    position = child;
  }
  place(position, timer);
}

}  // namespace bowline::drive
