#pragma once

#include <bowline/detail/handover.h>
#include <bowline/export.h>
#include <bowline/operation.h>
#include <bowline/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace bowline::drive {
class Mailbox;
}

namespace BOWLINE_API bowline {

/// A loop as other threads may use it: `bowline::Remote remote = loop.remote();`. It may be copied, and
/// outlives the loop, about which it is always safe to ask.
///
/// thread    any; each copy is one thread's at a time
class Remote {
 public:
  Remote() = default;

  /// Runs `task` on the loop's thread, in the order of posting. False if the loop is gone; the task is then
  /// destroyed here.
  bool post(std::move_only_function<void()> task) const;
  /// Lets run() return; nothing if the loop is gone.
  void stop() const;

  /// Runs `make` on the loop's thread, starts the operation it returns, and waits for it on this thread.
  ///
  /// A call counts as work: run() does not return for want of work while one waits. It waits for a loop that
  /// has not run yet; keep such a loop going by a Hold. No call waits for ever: once run() has returned, by
  /// stop() or otherwise, those that are under way and those that are made later end with `cancelled`, until
  /// the loop runs again; and so they do once the loop is gone. The operation is then stopped if it was
  /// begun, unless it has a stop token of its own.
  ///
  /// errors    cancelled for that, and if `make` throws, which leaves run()
  template <class Make>
  auto call(Make make) const -> Result<typename std::invoke_result_t<Make&>::value_type>;

 private:
  friend class Loop;
  explicit Remote(std::shared_ptr<drive::Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  /// False if nothing would come.
  [[nodiscard]] bool begin_call(detail::Caller& caller) const;
  void end_call(detail::Caller& caller) const noexcept;

  std::shared_ptr<drive::Mailbox> mailbox_;
};

template <class Make>
auto Remote::call(Make make) const -> Result<typename std::invoke_result_t<Make&>::value_type> {
  using T = typename std::invoke_result_t<Make&>::value_type;
  using Handover = detail::Handover<Result<T>>;
  const auto result = std::make_shared<Handover>();
  if (begin_call(*result)) {
    struct End {
      const Remote& remote;
      Handover& handover;
      ~End() { remote.end_call(handover); }
    } const end{*this, *result};
    // A loop that is gone destroys what it is posted, and with it the giver.
    post([make = std::move(make), giver = typename Handover::Giver(result),
          token = result->stop_token()]() mutable {
      if (token.stop_requested()) return;
      Operation<T> operation = make();
      if (!operation.has_stop_token()) operation = std::move(operation).stop_on(std::move(token));
      std::move(operation).detach(
          [giver = std::move(giver)](Result<T>&& value) mutable { giver.give(std::move(value)); });
    });
    if (std::optional<Result<T>> value = result->wait()) return *std::move(value);
  }
  return Error(ErrorKind::cancelled, "call",
               "the loop does not run any more, or the call left it with an exception");
}

}  // namespace BOWLINE_API bowline
