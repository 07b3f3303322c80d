#pragma once

#include <bowline/operation.h>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace bowline {

namespace detail {

/// A handler of Asio's with what it is called with; keeps its allocator.
template <class T, class Handler>
struct AsioCall {
  using allocator_type = asio::associated_allocator_t<Handler>;
  [[nodiscard]] allocator_type get_allocator() const noexcept {
    return asio::get_associated_allocator(handler);
  }
  void operator()() { std::move(handler)(std::move(result)); }

  Handler handler;
  Result<T> result;
};

/// An operation on its way, and the handler that waits for it. Its memory comes from the handler's
/// allocator; the operation's completion owns it.
template <class T, class Handler>
class AsioWait {
 public:
  using Allocator = typename std::allocator_traits<
      asio::associated_allocator_t<Handler>>::template rebind_alloc<AsioWait>;

  AsioWait(Handler&& handler, Operation<T>&& operation)
      : work_(asio::make_work_guard(handler)),
        slot_(asio::get_associated_cancellation_slot(handler)),
        operation_(std::move(operation)),
        handler_(std::move(handler)) {}
  AsioWait(const AsioWait&) = delete;
  AsioWait& operator=(const AsioWait&) = delete;
  ~AsioWait() {
    if (slot_.is_connected()) slot_.clear();
  }

  struct Destroy {
    void operator()(AsioWait* wait) const noexcept {
      Allocator allocator(asio::get_associated_allocator(wait->handler_));
      std::destroy_at(wait);
      std::allocator_traits<Allocator>::deallocate(allocator, wait, 1);
    }
  };
  using Owner = std::unique_ptr<AsioWait, Destroy>;

  static void start(Handler&& handler, Operation<T>&& operation) {
    Allocator allocator(asio::get_associated_allocator(handler));
    AsioWait* const memory = std::allocator_traits<Allocator>::allocate(allocator, 1);
    AsioWait& wait =
        *new (static_cast<void*>(memory)) AsioWait(std::move(handler), std::move(operation));
    Owner owner(&wait);
    if (wait.slot_.is_connected())
      wait.slot_.assign([&wait](asio::cancellation_type type) {
        if ((type & stopping_types) != asio::cancellation_type::none) wait.operation_.cancel();
      });
    wait.operation_.start(Completion{std::move(owner)});
  }

 private:
  // What was received is not lost by a stop, so that it has no effect at all. Of a send, some may be under
  // way.
  static constexpr asio::cancellation_type stopping_types =
      std::is_void_v<T> ? asio::cancellation_type::terminal | asio::cancellation_type::partial
                        : asio::cancellation_type::all;
  using Executor = asio::associated_executor_t<Handler>;

  struct Completion {
    Owner wait;

    void operator()(Result<T>&& result) {
      auto work = std::move(wait->work_);
      asio::dispatch(work.get_executor(), take_call(std::move(result)));
    }
    /// The loop goes: the handler is called, but not from in here.
    void dropped() noexcept {
      if constexpr (!std::is_same_v<Executor, asio::system_executor>) {
        try {
          auto work = std::move(wait->work_);
          asio::post(work.get_executor(), take_call(Error(ErrorKind::cancelled,
                                                          ErrorDomain::bowline, 0, "async_start")));
        } catch (const std::bad_alloc&) {
          // The handler is destroyed.
        }
      }
    }
    /// As Asio demands, the memory is given back before the handler is called.
    AsioCall<T, Handler> take_call(Result<T>&& result) {
      if (wait->slot_.is_connected()) wait->slot_.clear();
      AsioCall<T, Handler> call{std::move(wait->handler_), std::move(result)};
      Allocator allocator(asio::get_associated_allocator(call.handler));
      AsioWait* const memory = wait.release();
      std::destroy_at(memory);
      std::allocator_traits<Allocator>::deallocate(allocator, memory, 1);
      return call;
    }
  };

  asio::executor_work_guard<Executor>
      work_;  // until the handler has run, its context has work to do
  asio::associated_cancellation_slot_t<Handler> slot_;
  Operation<T> operation_;
  Handler handler_;
};

}  // namespace detail

/// Starts an operation with an Asio completion token: `async_start(connection.receive(),
/// asio::use_awaitable)`. The completion signature is `void(Result<T>)`. Start it on the loop's thread: run
/// the Bowline loop inside the `io_context` (docs/embedding.md), or post.
///
/// The handler runs on its associated executor, its memory comes from its associated allocator, and its
/// cancellation slot stops the operation, which then completes with `cancelled` and has lost nothing: so
/// `receive || timer` works, and so do parallel groups. The slot is triggered on the loop's thread. A
/// cancellation that may have no effects (`total`) is ignored by operations without a value, such as a send.
///
/// When the loop goes away, the handler is posted to its executor with `cancelled`; one without an executor
/// of its own is destroyed.
///
/// lifetime  the handler's context must outlive the loop, or the operation
template <class T, class Token>
auto async_start(Operation<T> operation, Token&& token) {
  return asio::async_initiate<Token, void(Result<T>)>(
      [](auto handler, Operation<T> started) {
        detail::AsioWait<T, decltype(handler)>::start(std::move(handler), std::move(started));
      },
      token, std::move(operation));
}

}  // namespace bowline
