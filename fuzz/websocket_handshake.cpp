// The opening handshake, both ends: whatever comes is answered or refused, and what a server accepts has
// all that a client asks of it.

#include <cstddef>
#include <span>
#include <string>

#include <bowline/detail/websocket_facts.h>

#include "core/websocket/accept_key.h"
#include "core/websocket/client_handshake.h"
#include "core/websocket/server_handshake.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

WebSocketOptions::Facts handshake_options(std::size_t manner) {
  WebSocketOptions options;
  if ((manner & 1) != 0) options.compression();
  if ((manner & 2) != 0) options.subprotocol("a").subprotocol("b");
  if ((manner & 4) != 0) options.allow_any_origin();
  if ((manner & 8) != 0)
    options.on_request([](const WebSocketRequest& request) {
      if (!request.is_websocket()) return WebSocketAnswer::refuse(200, "page");
      return request.subprotocols().empty()
                 ? WebSocketAnswer::accept()
                 : WebSocketAnswer::accept(request.subprotocols().back());
    });
  return options.facts();
}

void read_as_server(std::span<const std::byte> bytes, const WebSocketOptions::Facts& options,
                    std::size_t cut) {
  ServerHandshake server(options, SocketAddress());
  WebSocketFacts facts;
  for (;;) {
    const auto part = bytes.first(std::min(cut, bytes.size()));
    const ServerHandshake::Step step = server.handle_input(part, facts);
    require(step.consumed <= part.size());
    if (step.refusal) {
      require(step.response.starts_with("HTTP/1.1 ") && !step.response.starts_with("HTTP/1.1 101"));
      return;
    }
    if (!step.response.empty()) {
      require(step.response.starts_with("HTTP/1.1 101 "));
      require(facts.request && facts.request->is_websocket());
      require(step.response.find("\r\n\r\n") == step.response.size() - 4);
      return;
    }
    bytes = bytes.subspan(part.size());
    if (bytes.empty()) return;
  }
}

void read_as_client(std::span<const std::byte> bytes, const WebSocketOptions::Facts& options,
                    std::size_t cut) {
  const std::array<std::byte, 16> nonce{};
  ClientHandshake client(options, nonce);
  WebSocketFacts facts;
  require(client.request(host("example.com", 80)).has_value());
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(cut, bytes.size()));
    const auto step = client.handle_input(part, facts);
    if (!step.has_value()) return;
    require(step->consumed <= part.size());
    if (step->is_done) {
      require(facts.status == 101);
      require(facts.response_fields.find("Sec-WebSocket-Accept") ==
              accept_key("AAAAAAAAAAAAAAAAAAAAAA=="));
      return;
    }
    require(step->consumed == part.size());
    bytes = bytes.subspan(part.size());
  }
}

}  // namespace

int fuzz_websocket_handshake(std::span<const std::byte> bytes) {
  fuzz::Input input(bytes);
  const std::size_t manner = input.below(32);
  const std::size_t cut = 1 + input.below(64);
  const WebSocketOptions::Facts options = handshake_options(manner);
  const auto rest = input.take(bytes.size());
  if (manner >= 16) {
    read_as_client(rest, options, cut);
  } else {
    read_as_server(rest, options, cut);
  }
  return 0;
}
