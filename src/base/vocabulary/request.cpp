#include <bowline/detail/request.h>

#include <cassert>
#include <type_traits>

namespace bowline::detail {

namespace {

// Under a sanitizer every request gets fresh memory, so that late uses are found.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_spares = false;
#else
constexpr bool keeps_spares = true;
#endif

/// Without a sentence, which would want memory: a request that was withdrawn must finish.
Error stopped_error() { return Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "operation"); }

}  // namespace

RequestQueue::~RequestQueue() {
  for (SpareList& list : spares_) {
    while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
  }
}

void* RequestQueue::allocate_new(std::size_t bytes) {
  const std::size_t index = class_of(bytes);
  return ::operator new(index < class_count ? class_bytes_min + index * class_bytes : bytes);
}

void RequestQueue::deallocate(void* memory, std::size_t bytes) noexcept {
  const std::size_t index = class_of(bytes);
  if (!keeps_spares || index >= class_count || spares_[index].count == spare_per_class_max) {
    ::operator delete(memory);
    return;
  }
  SpareList& list = spares_[index];
  list.first = new (memory) Spare{list.first};
  ++list.count;
}

std::size_t RequestQueue::ready_count() const noexcept {
  std::size_t count = 0;
  for (const RequestBase* at = ready_.first(); at != nullptr; at = ready_.after(*at)) ++count;
  return count;
}

void RequestBase::start(bool detached) {
  assert(phase_ == Phase::lazy);
  phase_ = Phase::started;
  detached_ = detached;
  loop_->begin_work();
  stop_wanted_ ? fail(stopped_error()) : begin();
  // Whoever holds on to a connection of a loop that is gone still hears of its operations, and nothing leaks.
  if (phase_ != Phase::done || !loop_->closed_) return;
  const Ref<RequestQueue> loop = loop_;
  loop->run_until_delivered(false);
}

void RequestBase::abandon() noexcept {
  switch (phase_) {
    case Phase::lazy:
    case Phase::delivered: break;
    case Phase::started:
      withdraw();
      loop_->end_work();
      break;
    case Phase::done:
      take_back();
      loop_->end_work();
      break;
    case Phase::delivering: detached_ = true; return;
  }
  destroy();
}

/// Those that took from the same source behind this one give back first, the last one ahead of all, and wait
/// again: nothing is out of order then.
void RequestBase::take_back() noexcept {
  RequestList<RequestBase> behind;
  RequestList<RequestBase>& ready = loop_->ready_;
  for (RequestBase* at = source() == nullptr ? nullptr : ready.after(*this); at != nullptr;) {
    RequestBase& request = *at;
    at = ready.after(request);
    if (request.source() != source()) continue;
    ready.remove(request);
    behind.push_front(request);
  }
  ready.remove(*this);
  while (!behind.empty()) {
    RequestBase& request = behind.pop();
    request.undo(request.stop_wanted_ ? Undone::stops : Undone::waits);
    if (request.stop_wanted_) request.fail(stopped_error());
  }
  undo(Undone::abandoned);
}

void RequestBase::stop_on(std::stop_token token) {
  if (token.stop_possible()) stop_link_ = loop_->link_stop(*this, std::move(token));
}

void RequestBase::stop() {
  stop_wanted_ = true;
  if (phase_ != Phase::started) return;
  withdraw();
  fail(stopped_error());
}

void RequestBase::destroy() noexcept {
  const Ref<RequestQueue> loop = std::move(loop_);
  const std::uint32_t bytes = bytes_;
  this->~RequestBase();
  loop->deallocate(this, bytes);
}

}  // namespace bowline::detail
