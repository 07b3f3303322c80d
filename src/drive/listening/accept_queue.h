#pragma once

#include <cstdint>
#include <utility>

#include <bowline/error.h>

#include "base/intrusive_list.h"
#include "drive/connection/connection.h"
#include "drive/loop/held_function.h"

namespace bowline::drive {

/// A started accept; the api's request is one.
class AcceptWaiter : public ListHook<AcceptWaiter> {
 public:
  virtual void handle_accepted(detail::Ref<Connection> connection) = 0;
  virtual void handle_accept_failed(const Error& error) = 0;

 protected:
  ~AcceptWaiter() = default;
};

/// Who takes new connections, and how many more: a handler or waiting accepts, and credits.
class AcceptQueue {
 public:
  using Handler = HeldFunction<void(detail::Ref<Connection>)>;

  /// Somebody waits.
  [[nodiscard]] bool wants_more() const { return handler_ || !waiters_.empty(); }
  void add(AcceptWaiter& waiter) { waiters_.push_back(waiter); }
  void set_handler(Handler::Function handler) { handler_.set(std::move(handler)); }
  [[nodiscard]] bool has_handler() const { return static_cast<bool>(handler_); }
  void set_credits(std::uint64_t credits) { credits_ = credits; }
  [[nodiscard]] bool has_credit() const { return credits_ > 0; }
  void return_credit() {
    if (credits_ != unlimited) ++credits_;
  }

  /// Only if wants_more() and there are credits. Takes a credit.
  void deliver(detail::Ref<Connection> connection) {
    if (credits_ != unlimited) --credits_;
    if (!waiters_.empty()) {
      waiters_.pop_front().handle_accepted(std::move(connection));
    } else {
      handler_.call(std::move(connection));
    }
  }
  void fail_all(const Error& error) {
    handler_.clear();
    while (!waiters_.empty()) waiters_.pop_front().handle_accept_failed(error);
  }

  static constexpr std::uint64_t unlimited = UINT64_MAX;

 private:
  IntrusiveList<AcceptWaiter, AcceptWaiter> waiters_;
  Handler handler_;
  std::uint64_t credits_ = unlimited;
};

}  // namespace bowline::drive
