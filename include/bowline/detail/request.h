#pragma once

#include <bowline/detail/completion.h>
#include <bowline/detail/ref.h>
#include <bowline/detail/request_queue.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <cassert>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

/// What becomes of a request whose result is given back: it waits for another result, or ends with
/// `cancelled` because it was asked to stop, or its owner has dropped it. Of those that give back together,
/// the dropped one is the last: after it, everything is back where it came from.
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

  /// The owner drops the request: it is taken out of wherever it waits, a result that it already has goes
  /// back to where it came from, and its completion is not called.
  void abandon() noexcept;
  /// Ends a started request with `cancelled`, unless it is done already.
  void stop();
  /// Before start().
  void stop_on(std::stop_token token);
  void run_until_delivered(const bool& delivered) { loop_->run_until_delivered(delivered); }

  [[nodiscard]] bool is_started() const { return phase_ != Phase::lazy; }
  [[nodiscard]] bool is_stop_wanted() const { return stop_wanted_; }
  [[nodiscard]] bool has_stop_link() const { return has_stop_link_; }
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
  /// Calls the completion with the result, and destroys both.
  virtual void deliver() = 0;
  /// Destroys the result and the completion, without a call.
  virtual void drop() noexcept = 0;
  /// Asked when it is done: the list of what was taken from the same source, if the order of taking matters.
  /// Null if it does not, or if the result came from elsewhere. Once there is a list, it stays the same.
  [[nodiscard]] virtual TakenList* source() noexcept { return nullptr; }
  /// Takes the result out, and gives it back to where it came from.
  virtual void undo(Undone how) noexcept = 0;

  /// The result is in place.
  void finished() {
    assert(phase_ == Phase::started);
    phase_ = Phase::done;
    loop_->push(*this);
    if (TakenList* const taken = source()) {
      is_taken_ = true;
      taken->push(*this);
    }
  }
  void undone() { phase_ = Phase::started; }
  [[nodiscard]] bool has_completion() const {
    return phase_ != Phase::lazy && phase_ != Phase::delivered;
  }
  [[nodiscard]] bool has_result() const {
    return phase_ == Phase::done || phase_ == Phase::delivering || phase_ == Phase::held;
  }
  [[nodiscard]] bool is_held() const { return phase_ == Phase::held; }
  void hold_phase() { phase_ = Phase::held; }
  void settle_phase() { phase_ = Phase::delivered; }
  void destroy() noexcept;

 private:
  void take_back() noexcept;
  void leave_taken() noexcept;
  void end_delivery() noexcept;

  template <class>
  friend class RequestList;
  friend class TakenList;
  // Held: delivered to one who waits for several, and goes back unless all of them are delivered.
  enum class Phase : std::uint8_t { lazy, started, done, delivering, held, delivered };

  Ref<RequestQueue> loop_;
  RequestBase* next_ = nullptr;  // where it waits: at its connection, or to be delivered
  RequestBase* previous_ = nullptr;
  RequestBase* next_taken_ = nullptr;
  std::uint32_t bytes_ = 0;
  Phase phase_ = Phase::lazy;
  const std::uint8_t kind_;
  bool detached_ : 1 = false;
  bool stop_wanted_ : 1 = false;
  bool has_stop_link_ : 1 = false;
  bool is_taken_ : 1 = false;  // and in the list of its source

 public:
  /// For the loop, once it has popped this.
  void run_delivery() {
    struct End {
      RequestBase& request;
      ~End() { request.end_delivery(); }
    } const end{*this};
    begin_delivery();
    deliver();
  }
  /// For a loop that goes away, once it has popped this: nothing is called.
  void run_drop() noexcept {
    begin_delivery();
    drop();
    end_delivery();
  }

 private:
  void begin_delivery() noexcept {
    phase_ = Phase::delivering;
    if (is_taken_) leave_taken();
    if (has_stop_link_) loop_->unlink_stop(*this);
    has_stop_link_ = false;
    loop_->end_work();
  }
};

inline void RequestBase::end_delivery() noexcept {
  if (phase_ == Phase::held) return;
  phase_ = Phase::delivered;
  // Nobody holds it, or whoever did has dropped it meanwhile.
  if (detached_) destroy();
}
inline void RequestQueue::push(RequestBase& request) noexcept {
  if (wakes_) wake();
  ready_.push(request);
}
inline RequestBase& RequestQueue::pop() noexcept { return ready_.pop(); }

inline void TakenList::push(RequestBase& request) noexcept {
  request.next_taken_ = last_ == nullptr ? &request : std::exchange(last_->next_taken_, &request);
  last_ = &request;
}
inline void TakenList::remove(RequestBase& request) noexcept {
  RequestBase* before = last_;
  while (before->next_taken_ != &request) before = before->next_taken_;
  before->next_taken_ = request.next_taken_;
  if (&request == last_) last_ = before == &request ? nullptr : before;
}

/// A request whose result is a `Result<T>`.
template <class T>
class Request : public RequestBase {
 public:
  using Callback = Completion<Result<T>>;

  explicit Request(RequestQueue& loop, std::uint8_t kind = 0) : RequestBase(loop, kind) {}

  template <class F>
  void start(F&& completion, bool detached) {
    std::construct_at(&completion_, std::forward<F>(completion));
    RequestBase::start(detached);
  }

  /// Of the last part of its completion: the result stays here, and goes back to where it came from when the
  /// owner drops this; unless it is settled before.
  void hold() { hold_phase(); }
  [[nodiscard]] Result<T>& held() { return result_; }
  void settle() noexcept {
    if (!is_held()) return;
    std::destroy_at(&result_);
    std::destroy_at(&completion_);
    settle_phase();
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
        if (request.is_held()) return;
        std::destroy_at(&request.result_);
        std::destroy_at(&request.completion_);
      }
    } const end{*this};
    completion_.call(std::move(result_));
  }
  void drop() noexcept final {
    std::destroy_at(&result_);
    completion_.drop();
    std::destroy_at(&completion_);
  }

 private:
  union {
    Callback completion_;  // there while has_completion()
  };
  union {
    Result<T> result_;  // there while has_result()
  };
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
