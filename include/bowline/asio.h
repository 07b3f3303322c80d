#pragma once

#include <bowline/operation.h>

#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <memory>
#include <utility>

namespace bowline {

/// Starts an operation with an Asio completion token: `async_start(connection.receive(),
/// asio::use_awaitable)`. The completion signature is `void(Result<T>)`; the handler runs on its associated
/// executor. Start it on the loop's thread: run the Bowline loop inside the `io_context` (docs/embedding.md),
/// or post. The handler's context must outlive the loop, or the operation.
template <class T, class Token>
auto async_start(Operation<T> operation, Token&& token) {
  return asio::async_initiate<Token, void(Result<T>)>(
      [](auto handler, Operation<T> started) {
        // Until the handler has run, its context has work to do.
        auto work = asio::make_work_guard(handler);
        std::move(started).detach(
            [handler = std::move(handler), work = std::move(work)](Result<T> result) mutable {
              asio::dispatch(work.get_executor(),
                             [handler = std::move(handler), result = std::move(result)]() mutable {
                               std::move(handler)(std::move(result));
                             });
            });
      },
      token, std::move(operation));
}

}  // namespace bowline
