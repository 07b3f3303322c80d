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

RequestBase* TakenList::pop() noexcept {
  if (last_ == nullptr) return nullptr;
  RequestBase* const first = last_->next_taken_;
  remove(*first);
  return first;
}

RequestBase* TakenList::pop_behind(RequestBase& request) noexcept {
  if (&request == last_) return nullptr;
  RequestBase* const behind = std::exchange(request.next_taken_, request.next_taken_->next_taken_);
  if (behind == last_) last_ = &request;
  return behind;
}

void RequestBase::start(bool detached) {
  assert(phase_ == Phase::lazy);
  phase_ = Phase::started;
  detached_ = detached;
  loop_->begin_work();
  if (loop_->is_closed()) {
    // Nobody would deliver it any more. So it is dropped here, as those that waited when the loop went.
    fail(stopped_error());
    loop_->ready_.remove(*this);
    return run_drop();
  }
  stop_wanted_ ? fail(stopped_error()) : begin();
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
      // A loop that goes away has nobody to give anything back to.
      loop_->is_closed() ? loop_->ready_.remove(*this) : take_back();
      loop_->end_work();
      break;
    case Phase::held:
      if (!loop_->is_closed()) take_back();
      break;
    case Phase::delivering: detached_ = true; return;
  }
  destroy();
}

/// Those that took from the same source behind this one give back first, from the last one to the first, and
/// wait again. So each puts what it had taken in front of what is there, and all is in order again. This
/// takes time in proportion to what was taken from this source, however much else is ready.
void RequestBase::take_back() noexcept {
  RequestList<RequestBase>& ready = loop_->ready_;
  RequestList<RequestBase> behind;
  TakenList* const taken = is_taken_ || is_held() ? source() : nullptr;
  // One that is held took before all that are not delivered yet.
  while (RequestBase* const request = taken == nullptr ? nullptr
                                      : is_held()      ? taken->pop()
                                                       : taken->pop_behind(*this)) {
    request->is_taken_ = false;
    ready.remove(*request);
    behind.push_front(*request);
  }
  if (is_taken_) leave_taken();
  ready.remove(*this);
  while (!behind.empty()) {
    RequestBase& request = behind.pop();
    request.undo(request.stop_wanted_ ? Undone::stops : Undone::waits);
    if (request.stop_wanted_) request.fail(stopped_error());
  }
  undo(Undone::abandoned);
}

void RequestBase::leave_taken() noexcept {
  source()->remove(*this);
  is_taken_ = false;
}

void RequestBase::stop_on(std::stop_token token) {
  if (has_stop_link_) loop_->unlink_stop(*this);
  has_stop_link_ = false;
  if (!token.stop_possible()) return;
  loop_->link_stop(*this, std::move(token));
  has_stop_link_ = true;
}

void RequestBase::stop() {
  stop_wanted_ = true;
  if (phase_ != Phase::started) return;
  withdraw();
  fail(stopped_error());
}

void RequestBase::destroy() noexcept {
  const Ref<RequestQueue> loop = std::move(loop_);
  if (has_stop_link_) loop->unlink_stop(*this);
  const std::uint32_t bytes = bytes_;
  this->~RequestBase();
  loop->deallocate(this, bytes);
}

}  // namespace bowline::detail
