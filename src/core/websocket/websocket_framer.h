#pragma once

#include <memory>

#include <bowline/framer.h>
#include <bowline/websocket_options.h>

namespace bowline::core {

/// WebSocket as a framer: a client's or a server's, as its context says.
[[nodiscard]] std::unique_ptr<Framer> make_websocket_framer(
    std::shared_ptr<const WebSocketOptions::Facts> options);

}  // namespace bowline::core
