#pragma once

#include <bowline/detail/request.h>
#include <bowline/export.h>

#include <concepts>
#include <new>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace BOWLINE_API bowline {

/// An asynchronous call that has not been made yet, and then the handle on it.
///
/// It does nothing until it is started, and then completes exactly once with a `Result<T>`, on its loop's
/// thread and never inside the call that started it. The exception is a loop that goes away: then whatever
/// has not completed is dropped. Callbacks are destroyed without a call, and what is started later is
/// dropped at once; only `wait()` always returns, with `cancelled`. Ways to start it:
///
///   operation.start(callback)                the operation is the handle: destroying it cancels, and
///                                            nothing is called; what it may have received by then goes
///                                            to the next one
///   std::move(operation).detach(callback)    it runs to its end by itself
///   co_await std::move(operation)            in any coroutine type; include <bowline/async.h>, which says
///                                            what becomes of the coroutine when the loop goes
///   std::move(operation).wait()              runs the loop on this thread until it is done
///   async_start(std::move(operation), token) an Asio completion token; include <bowline/asio.h>
///
/// thread    its loop's, but for stop tokens, which may be triggered anywhere
template <class T>
class [[nodiscard]] Operation {
 public:
  using value_type = T;
  Operation() = default;
  explicit Operation(detail::Request<T>* request) : request_(request) {}
  Operation(Operation&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  Operation& operator=(Operation&& other) noexcept {
    if (this != &other) {
      reset();
      request_ = std::exchange(other.request_, nullptr);
    }
    return *this;
  }
  ~Operation() { reset(); }

  /// A request to stop completes the operation with `cancelled`. Say it before starting; a second token
  /// takes the place of the first.
  Operation&& stop_on(std::stop_token token) && {
    request_->stop_on(std::move(token));
    return std::move(*this);
  }

  template <class F>
    requires std::constructible_from<typename detail::Request<T>::Callback, F>
  void start(F&& completion) & {
    request_->start(std::forward<F>(completion), false);
  }

  template <class F>
    requires std::constructible_from<typename detail::Request<T>::Callback, F>
  void detach(F&& completion) && {
    request_->start(std::forward<F>(completion), true);
    request_ = nullptr;  // not earlier: without memory to start, it is still ours
  }
  /// For those whose result does not matter.
  void detach() && {
    std::move(*this).detach([](const Result<T>&) {});
  }

  /// The loop must not be running elsewhere, nor be in one of its own callbacks. `cancelled` if the loop is
  /// gone.
  Result<T> wait() && {
    std::optional<Result<T>> result;
    bool delivered = false;
    // It must not outlive this frame, which an exception from another callback may leave.
    struct End {
      Operation& operation;
      ~End() { operation.reset(); }
    } const end{*this};
    start([&](Result<T>&& value) {
      result.emplace(std::move(value));
      delivered = true;
    });
    request_->run_until_delivered(delivered);
    if (!result) return Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "wait");
    return std::move(*result);
  }

  /// Completes a started operation with `cancelled`, soon, unless it is done already.
  void cancel() {
    if (request_ != nullptr) request_->stop();
  }

  /// The same operation, which ends with `timed_out` if it is not done within `duration` from its start.
  /// What it may have received by then goes to the next one. Include <bowline/several.h>.
  [[nodiscard]] Operation within(Duration duration) &&;

  /// For the library's own.
  [[nodiscard]] detail::Request<T>* request() const { return request_; }
  [[nodiscard]] bool has_stop_token() const {
    return request_ != nullptr && request_->has_stop_link();
  }
  [[nodiscard]] bool is_started() const { return request_ != nullptr && request_->is_started(); }
  explicit operator bool() const { return request_ != nullptr; }

  /// Sender form: `connect(receiver)` gives an operation state whose `start()` ends in one of
  /// set_value(value), set_error(Error) and set_stopped(): the shape of a sender of C++26, but without the
  /// tags and signatures that its concepts ask for. If the loop goes away first, none of the three is
  /// called.
  template <class Receiver>
  auto connect(Receiver receiver) && {
    struct State {
      Operation operation;
      Receiver receiver;
      void start() noexcept {
        try {
          operation.start([this](Result<T> result) { complete(std::move(result)); });
        } catch (const std::bad_alloc&) {
          operation.reset();
          complete(Error(ErrorKind::resources_exhausted, ErrorDomain::bowline, 0, "start"));
        }
      }
      void complete(Result<T> result) {
        if (result.has_value()) {
          if constexpr (std::is_void_v<T>) {
            std::move(receiver).set_value();
          } else {
            std::move(receiver).set_value(*std::move(result));
          }
        } else if (result.error().kind() == ErrorKind::cancelled) {
          std::move(receiver).set_stopped();
        } else {
          std::move(receiver).set_error(std::move(result).error());
        }
      }
    };
    return State{std::move(*this), std::move(receiver)};
  }

 private:
  void reset() noexcept {
    if (request_ != nullptr) std::exchange(request_, nullptr)->abandon();
  }

  detail::Request<T>* request_ = nullptr;
};

}  // namespace BOWLINE_API bowline
