#pragma once

#include <bowline/detail/ref.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <utility>

namespace bowline {
namespace BOWLINE_API detail {

class RequestBase;
class StopLink;

/// The part of a loop that operations need: memory for them, and the queue of those that are done.
///
/// Requests come from free lists by size, so that a steady flow of operations allocates nothing.
class RequestQueue : public RefCounted {
 public:
  [[nodiscard]] void* allocate(std::size_t bytes);
  void deallocate(void* memory, std::size_t bytes) noexcept;

  /// The request is done; its completion runs later in this turn, or in the next.
  void push(RequestBase& request) noexcept;
  void remove(RequestBase& request) noexcept;

  /// Runs the loop on this thread until the request is delivered.
  virtual void run_until_delivered(const bool& delivered) = 0;
  /// Lets a stop token cancel `request`; called and ended on the loop's thread.
  virtual std::unique_ptr<StopLink> link_stop(RequestBase& request, std::stop_token token) = 0;

  void begin_work() { ++work_; }
  void end_work() { --work_; }

 protected:
  RequestQueue() = default;
  ~RequestQueue() override;

  /// Nothing will run any more: what is started from now on completes inside of that call.
  void close() { closed_ = true; }
  [[nodiscard]] bool has_ready() const { return first_ != nullptr; }
  /// Linear.
  [[nodiscard]] std::size_t ready_count() const noexcept;
  [[nodiscard]] RequestBase* pop() noexcept;
  /// Started operations, open listeners and whatever else should keep `run` going.
  [[nodiscard]] std::size_t work() const { return work_; }

 private:
  friend class RequestBase;
  static constexpr std::size_t class_bytes = 32;
  static constexpr std::size_t class_count = 16;
  static constexpr std::size_t spare_per_class_max = 4096;
  struct Spare {
    Spare* next;
  };
  struct SpareList {
    Spare* first = nullptr;
    std::size_t count = 0;
  };

  std::array<SpareList, class_count> spares_{};
  RequestBase* first_ = nullptr;
  RequestBase* last_ = nullptr;
  std::size_t work_ = 0;
  bool closed_ = false;
};

/// Undone by destruction: the tie between a stop token and a request.
class StopLink {
 public:
  virtual ~StopLink() = default;
};

/// One asynchronous call: what it will do, who waits for it, and its place in the loop's queue once done.
class RequestBase {
 public:
  explicit RequestBase(RequestQueue& loop) : loop_(&loop) {}
  RequestBase(const RequestBase&) = delete;
  RequestBase& operator=(const RequestBase&) = delete;

  template <class Derived, class... Args>
  [[nodiscard]] static Derived* make(RequestQueue& loop, Args&&... args) {
    auto* request = new (loop.allocate(sizeof(Derived))) Derived(loop, std::forward<Args>(args)...);
    static_cast<RequestBase*>(request)->bytes_ = sizeof(Derived);
    return request;
  }

  /// Starts the work; `detached` requests free themselves after delivery.
  void start(bool detached);
  /// The owner is gone: whatever was started is undone, and nothing is called.
  void abandon() noexcept;
  /// Ends a started request with `cancelled`, unless it is done already.
  void stop();
  void stop_on(std::stop_token token) { token_ = std::move(token); }
  void run_until_delivered(const bool& delivered) { loop_->run_until_delivered(delivered); }

  [[nodiscard]] bool is_started() const { return phase_ != Phase::lazy; }
  [[nodiscard]] RequestQueue& loop() const { return *loop_; }

 protected:
  virtual ~RequestBase();

  /// Does the work or queues it; may finish at once.
  virtual void begin() = 0;
  /// Takes a started, unfinished request out of wherever it waits.
  virtual void withdraw() noexcept = 0;
  virtual void fail(Error error) = 0;
  /// Calls the completion with the result.
  virtual void deliver() = 0;

  /// The result is in place.
  void finished();
  /// For deliver(): frees a detached request; nothing of it may be touched afterwards.
  void end_delivery() noexcept;

 private:
  friend class RequestQueue;
  enum class Phase : std::uint8_t { lazy, started, done, delivered };
  void destroy() noexcept;

  Ref<RequestQueue> loop_;
  RequestBase* next_ = nullptr;
  std::unique_ptr<StopLink> stop_link_;
  std::stop_token token_;
  std::uint32_t bytes_ = 0;
  Phase phase_ = Phase::lazy;
  bool detached_ = false;

 public:
  /// For the loop: pops what is done and calls its completion.
  static void deliver_from_queue(RequestBase& request) { request.run_delivery(); }

 private:
  void run_delivery();
};

/// A request whose result is a `Result<T>`.
template <class T>
class Request : public RequestBase {
 public:
  using Completion = std::move_only_function<void(Result<T>)>;
  using RequestBase::RequestBase;

  void complete_with(Completion completion) { completion_ = std::move(completion); }

  /// Called once by the library, on the loop's thread.
  void finish(Result<T> result) {
    result_.emplace(std::move(result));
    finished();
  }

 protected:
  void fail(Error error) final { finish(std::move(error)); }
  void deliver() final {
    Completion completion = std::move(completion_);
    Result<T> result = std::move(*result_);
    result_.reset();
    end_delivery();
    if (completion) completion(std::move(result));
  }

 private:
  Completion completion_;
  std::optional<Result<T>> result_;
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
