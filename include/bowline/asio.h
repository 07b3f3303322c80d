#pragma once

#include <bowline/operation.h>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <memory>
#include <utility>

namespace bowline {

/// Starts an operation with an Asio completion token: `async_start(connection.receive(),
/// asio::use_awaitable)`. The completion signature is `void(Result<T>)`; the handler runs on its associated
/// executor. Start it on the loop's thread: run the Bowline loop inside the `io_context` (docs/embedding.md),
/// or post.
template <class T, class Token>
auto async_start(Operation<T> operation, Token&& token) {
  return asio::async_initiate<Token, void(Result<T>)>(
      [](auto handler, Operation<T> started) {
        std::move(started).detach([handler = std::move(handler)](Result<T> result) mutable {
          auto executor = asio::get_associated_executor(handler);
          asio::dispatch(executor,
                         [handler = std::move(handler), result = std::move(result)]() mutable {
                           std::move(handler)(std::move(result));
                         });
        });
      },
      token, std::move(operation));
}

}  // namespace bowline
