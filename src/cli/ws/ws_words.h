#pragma once

#include <optional>
#include <string>

#include <bowline/endpoint.h>
#include <bowline/loop.h>
#include <bowline/websocket.h>

#include "cli/secure/security_choice.h"
#include "cli/words/arguments.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

/// What the words behind `bowline ws` ask for.
struct WsPlan {
  NetworkOptions network;
  Endpoint endpoint;
  SecurityChoice security;
  WebSocketOptions options;
  bool listens = false;
  bool echoes = false;
  bool is_binary = false;
  bool as_json = false;
  std::optional<Duration> ping_every;

  /// The stack, with TLS or without.
  [[nodiscard]] WebSocket stack() const;
};

/// errors    invalid_argument for words that make no sense together; those of files that are named
[[nodiscard]] Result<WsPlan> read_ws_plan(const Invocation& invocation, Loop& loop);

}  // namespace bowline::cli
