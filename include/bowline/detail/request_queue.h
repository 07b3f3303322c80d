#pragma once

#include <bowline/detail/ref.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stop_token>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

class RequestBase;
template <class T>
class Request;

/// Requests that wait for their turn, first in first out. It holds no memory, and every call takes constant
/// time. A request is in one such list at most.
template <class Kind>
class RequestList {
 public:
  RequestList() = default;
  RequestList(RequestList&& other) noexcept { take(other); }
  RequestList& operator=(RequestList&& other) noexcept {
    assert(empty());
    take(other);
    return *this;
  }

  [[nodiscard]] bool empty() const { return last_ == nullptr; }
  [[nodiscard]] Kind& front() const { return static_cast<Kind&>(*last_->next_); }
  /// Null if there is none.
  [[nodiscard]] Kind* first() const { return empty() ? nullptr : &front(); }
  /// Null behind the last one.
  [[nodiscard]] Kind* after(const Kind& request) const {
    return &request == last_ ? nullptr : static_cast<Kind*>(request.next_);
  }
  void push(Kind& request) {
    insert(request);
    last_ = &request;
  }
  void push_front(Kind& request) {
    insert(request);
    if (last_ == nullptr) last_ = &request;
  }
  Kind& pop() {
    Kind& request = front();
    remove(request);
    return request;
  }
  /// Nothing happens if it is in no list. If it is in one, it must be this one.
  void remove(Kind& request) {
    if (last_ == nullptr || request.next_ == nullptr) return;
    if (&request == last_)
      last_ = request.previous_ == &request ? nullptr : static_cast<Kind*>(request.previous_);
    request.previous_->next_ = request.next_;
    request.next_->previous_ = request.previous_;
    request.next_ = nullptr;
  }

 private:
  /// Between the last one and the first.
  void insert(Kind& request) {
    assert(request.next_ == nullptr && "a request is in one list at most");
    if (last_ == nullptr) {
      request.next_ = request.previous_ = &request;
      return;
    }
    request.next_ = last_->next_;
    request.previous_ = last_;
    request.next_->previous_ = &request;
    last_->next_ = &request;
  }
  void take(RequestList& other) { last_ = std::exchange(other.last_, nullptr); }

  Kind* last_ = nullptr;  // a ring: the next one after the last is the first
};

/// The requests that took their results from one source and are not delivered yet, in the order in which
/// they took them. When one of them is dropped, those behind it must give back first.
class TakenList {
 public:
  void push(RequestBase& request) noexcept;
  /// It is nearly always the first one: what was taken first is delivered first.
  void remove(RequestBase& request) noexcept;
  /// Null if there is none.
  [[nodiscard]] RequestBase* pop() noexcept;
  /// Takes out the one behind `request`; null if there is none.
  [[nodiscard]] RequestBase* pop_behind(RequestBase& request) noexcept;

 private:
  RequestBase* last_ = nullptr;  // a ring, too
};

/// The part of a loop that operations need: memory for them, and the queue of those that are done but whose
/// completions have not run yet.
///
/// Requests come from free lists by size, so that a steady flow of operations allocates nothing.
class RequestQueue : public RefCounted<RequestQueue> {
 public:
  [[nodiscard]] void* allocate(std::size_t bytes) {
    const std::size_t index = class_of(bytes);
    if (index >= class_count || spares_[index].first == nullptr) return allocate_new(bytes);
    SpareList& list = spares_[index];
    --list.count;
    return std::exchange(list.first, list.first->next);
  }
  void deallocate(void* memory, std::size_t bytes) noexcept;

  /// The request is done; its completion runs later in this turn, or in the next.
  void push(RequestBase& request) noexcept;

  /// Runs the loop on this thread until `delivered` is true; returns at once if the loop is gone.
  virtual void run_until_delivered(const bool& delivered) = 0;
  /// From now on a request to stop by `token` stops `request`. Both are called on the loop's thread.
  virtual void link_stop(RequestBase& request, std::stop_token token) = 0;
  virtual void unlink_stop(RequestBase& request) noexcept = 0;
  /// Of a request that completes after `duration`.
  [[nodiscard]] virtual Request<void>* make_sleep(Duration duration) = 0;

  void begin_work() { ++work_; }
  /// A program that the loop is embedded in is told when nothing is left to wait for.
  void end_work() {
    if (--work_ == 0 && wakes_) wake();
  }
  /// The loop is going away or gone: what is started from now on is dropped inside of that call.
  [[nodiscard]] bool is_closed() const { return closed_; }

 protected:
  RequestQueue() = default;
  /// Tells the program that the loop is embedded in to call run_ready() again. It must be called when a
  /// request is done or a timer is set outside of a turn, which only such a program does; `wakes_` says
  /// whether it must.
  virtual void wake() = 0;
  bool wakes_ = false;
  friend RefCounted;
  virtual ~RequestQueue();

  void close() { closed_ = true; }
  [[nodiscard]] bool has_ready() const { return !ready_.empty(); }
  /// Only if has_ready().
  [[nodiscard]] RequestBase& pop() noexcept;
  /// Started operations, open listeners and whatever else should keep `run` going.
  [[nodiscard]] std::size_t work() const { return work_; }

 private:
  friend class RequestBase;
  // Sizes of 8, 24, 40 ... bytes: with the 8 that malloc adds, nothing of its 16-byte steps lies idle.
  static constexpr std::size_t class_bytes = 16;
  static constexpr std::size_t class_bytes_min = 8;
  static constexpr std::size_t class_count = 32;
  static constexpr std::size_t spare_per_class_max = 4096;
  struct Spare {
    Spare* next;
  };
  struct SpareList {
    Spare* first = nullptr;
    std::size_t count = 0;
  };

  [[nodiscard]] static std::size_t class_of(std::size_t bytes) {
    return (bytes + class_bytes - class_bytes_min - 1) / class_bytes;
  }
  [[nodiscard]] static void* allocate_new(std::size_t bytes);

  std::array<SpareList, class_count> spares_{};
  RequestList<RequestBase> ready_;
  std::size_t work_ = 0;
  bool closed_ = false;
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
