#pragma once

#include <bowline/detail/ref.h>
#include <bowline/detail/request_queue.h>

#include <utility>

namespace bowline::session {

/// While it lives, one operation that is under way does not count as something that Loop::run waits for: an
/// idle connection listens for its peer's end, and must not keep a program from ending.
///
/// It must be given up first thing when that operation completes or is dropped.
class Quiet {
 public:
  Quiet() = default;
  explicit Quiet(detail::RequestQueue& queue) : queue_(&queue) { queue.end_work(); }
  Quiet(Quiet&&) noexcept = default;
  Quiet& operator=(Quiet&& other) noexcept {
    std::swap(queue_, other.queue_);
    return *this;
  }
  ~Quiet() {
    if (queue_) queue_->begin_work();
  }
  explicit operator bool() const { return static_cast<bool>(queue_); }

 private:
  detail::Ref<detail::RequestQueue> queue_;
};

}  // namespace bowline::session
