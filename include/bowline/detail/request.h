#pragma once

#include <bowline/detail/ref.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <stop_token>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

class RequestBase;
class StopLink;

/// Requests that wait for their turn, first in first out; holds no memory. A request is in one list at most.
template <class Kind>
class RequestList {
 public:
  [[nodiscard]] bool empty() const { return last_ == nullptr; }
  [[nodiscard]] Kind& front() const { return static_cast<Kind&>(*last_->next_); }
  /// Null if there is none.
  [[nodiscard]] Kind* first() const { return empty() ? nullptr : &front(); }
  /// Null behind the last one.
  [[nodiscard]] Kind* after(const Kind& request) const {
    return &request == last_ ? nullptr : static_cast<Kind*>(request.next_);
  }
  void push(Kind& request) {
    if (last_ == nullptr) {
      request.next_ = &request;
    } else {
      request.next_ = last_->next_;
      last_->next_ = &request;
    }
    last_ = &request;
  }
  void push_front(Kind& request) {
    if (last_ == nullptr) return push(request);
    request.next_ = last_->next_;
    last_->next_ = &request;
  }
  Kind& pop() {
    Kind& request = front();
    if (&request == last_) {
      last_ = nullptr;
    } else {
      last_->next_ = request.next_;
    }
    return request;
  }
  /// Linear; nothing happens if it is not here.
  void remove(Kind& request) {
    if (last_ == nullptr) return;
    Kind* before = last_;
    while (before->next_ != &request) {
      before = static_cast<Kind*>(before->next_);
      assert(before != nullptr);  // a ring
      if (before == last_) return;
    }
    before->next_ = request.next_;
    if (&request == last_) last_ = before == &request ? nullptr : before;
  }

 private:
  Kind* last_ = nullptr;  // each knows the next one, and the last one the first
};

/// The part of a loop that operations need: memory for them, and the queue of those that are done.
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

  /// Runs the loop on this thread until the request is delivered.
  virtual void run_until_delivered(const bool& delivered) = 0;
  /// Lets a stop token stop `request`; called and ended on the loop's thread.
  virtual std::unique_ptr<StopLink> link_stop(RequestBase& request, std::stop_token token) = 0;

  void begin_work() { ++work_; }
  /// A program that the loop is embedded in is told when nothing is left to wait for.
  void end_work() {
    if (--work_ == 0 && wakes_) wake();
  }

 protected:
  RequestQueue() = default;
  /// While `wakes_`: something is to be done that nobody knows of who could do it.
  virtual void wake() = 0;
  bool wakes_ = false;
  friend RefCounted;
  virtual ~RequestQueue();

  /// Nothing will run any more: what is started from now on completes inside of that call.
  void close() { closed_ = true; }
  [[nodiscard]] bool has_ready() const { return !ready_.empty(); }
  /// Linear.
  [[nodiscard]] std::size_t ready_count() const noexcept;
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

/// Undone by destruction: the tie between a stop token and a request.
class StopLink {
 public:
  virtual ~StopLink() = default;
};

/// What becomes of a request whose result is given back. The abandoned one is the last: then all is back.
enum class Undone : std::uint8_t { waits, stops, abandoned };

/// One asynchronous call: what it will do, who waits for it, and its place in the loop's queue once done.
class RequestBase {
 public:
  explicit RequestBase(RequestQueue& loop, std::uint8_t kind = 0) : loop_(&loop), kind_(kind) {}
  RequestBase(const RequestBase&) = delete;
  RequestBase& operator=(const RequestBase&) = delete;

  template <class Derived, class... Args>
  [[nodiscard]] static Derived* make(RequestQueue& loop, Args&&... args) {
    auto* request = new (loop.allocate(sizeof(Derived))) Derived(loop, std::forward<Args>(args)...);
    static_cast<RequestBase*>(request)->bytes_ = sizeof(Derived);
    return request;
  }

  /// The owner is gone: whatever was started is undone, what was taken is given back, and nothing is called.
  void abandon() noexcept;
  /// Ends a started request with `cancelled`, unless it is done already.
  void stop();
  /// Before start().
  void stop_on(std::stop_token token);
  void run_until_delivered(const bool& delivered) { loop_->run_until_delivered(delivered); }

  [[nodiscard]] bool is_started() const { return phase_ != Phase::lazy; }
  [[nodiscard]] RequestQueue& loop() const { return *loop_; }
  /// For a list of several kinds.
  [[nodiscard]] std::uint8_t kind() const { return kind_; }

 protected:
  virtual ~RequestBase() = default;

  /// Starts the work; `detached` requests free themselves after delivery.
  void start(bool detached);
  /// Does the work or queues it; may finish at once.
  virtual void begin() = 0;
  /// Takes a started, unfinished request out of wherever it waits.
  virtual void withdraw() noexcept = 0;
  virtual void fail(Error error) = 0;
  /// Calls the completion with the result, and ends both.
  virtual void deliver() = 0;
  /// What the result of one that is done was taken from, if the next takes what comes behind it; else null.
  [[nodiscard]] virtual const void* source() const noexcept { return nullptr; }
  /// Ends the result, and gives it back.
  virtual void undo(Undone how) noexcept = 0;

  /// The result is in place.
  void finished() {
    assert(phase_ == Phase::started);
    phase_ = Phase::done;
    loop_->push(*this);
  }
  void undone() { phase_ = Phase::started; }
  [[nodiscard]] bool has_completion() const {
    return phase_ != Phase::lazy && phase_ != Phase::delivered;
  }
  [[nodiscard]] bool has_result() const {
    return phase_ == Phase::done || phase_ == Phase::delivering;
  }
  void destroy() noexcept;

 private:
  void take_back() noexcept;

  template <class>
  friend class RequestList;
  enum class Phase : std::uint8_t { lazy, started, done, delivering, delivered };

  Ref<RequestQueue> loop_;
  RequestBase* next_ = nullptr;  // where it waits: at its connection, or to be delivered
  std::unique_ptr<StopLink> stop_link_;
  std::uint32_t bytes_ = 0;
  Phase phase_ = Phase::lazy;
  const std::uint8_t kind_;
  bool detached_ = false;
  bool stop_wanted_ = false;

 public:
  /// For the loop, once it has popped this.
  void run_delivery() {
    struct End {
      RequestBase& request;
      ~End() {
        request.phase_ = Phase::delivered;
        // Nobody holds it, or whoever did has let it go meanwhile.
        if (request.detached_) request.destroy();
      }
    } const end{*this};
    phase_ = Phase::delivering;
    stop_link_.reset();
    loop_->end_work();
    deliver();
  }
};

inline void RequestQueue::push(RequestBase& request) noexcept {
  if (wakes_) wake();
  ready_.push(request);
}
inline RequestBase& RequestQueue::pop() noexcept { return ready_.pop(); }

/// A request whose result is a `Result<T>`.
template <class T>
class Request : public RequestBase {
 public:
  using Completion = std::move_only_function<void(Result<T>&&)>;

  explicit Request(RequestQueue& loop, std::uint8_t kind = 0) : RequestBase(loop, kind) {}

  template <class F>
  void start(F&& completion, bool detached) {
    std::construct_at(&completion_, std::forward<F>(completion));
    RequestBase::start(detached);
  }

  /// Called once by the library, on the loop's thread.
  void finish(Result<T>&& result) {
    std::construct_at(&result_, std::move(result));
    finished();
  }

 protected:
  ~Request() override {
    if (has_result()) std::destroy_at(&result_);
    if (has_completion()) std::destroy_at(&completion_);
  }
  void fail(Error error) final { finish(std::move(error)); }
  [[nodiscard]] bool has_value() const { return has_result() && result_.has_value(); }
  /// Nobody will hear of the result: a value that others want goes back to where it came from.
  virtual void give_back(Result<T>&& /*result*/, Undone /*how*/) noexcept {}
  void undo(Undone how) noexcept final {
    Result<T> result = std::move(result_);
    std::destroy_at(&result_);
    undone();  // before: for want of memory it may end in there
    give_back(std::move(result), how);
  }
  void deliver() final {
    struct End {
      Request& request;
      ~End() {
        std::destroy_at(&request.result_);
        std::destroy_at(&request.completion_);
      }
    } const end{*this};
    if (completion_) completion_(std::move(result_));
  }

 private:
  union {
    Completion completion_;  // there while has_completion()
  };
  union {
    Result<T> result_;  // there while has_result()
  };
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
