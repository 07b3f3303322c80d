#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <bowline/detail/websocket_facts.h>

#include "core/websocket/deflate_terms.h"
#include "wire/http1/parser.h"

namespace bowline::core {

/// The server's half of the opening handshake: RFC 6455 section 4.2.
class ServerHandshake {
 public:
  ServerHandshake(const WebSocketOptions::Facts& options, const SocketAddress& remote);

  struct Step {
    std::size_t consumed = 0;
    std::string response;          ///< to be sent, once there is one
    std::optional<Error> refusal;  ///< with the response: why the connection ends behind it
  };
  /// Reads the request and answers it; what follows is frames. Without a response it needs more octets.
  [[nodiscard]] Step handle_input(std::span<const std::byte> bytes, WebSocketFacts& facts);
  [[nodiscard]] const std::optional<DeflateTerms>& deflate() const { return deflate_; }

 private:
  [[nodiscard]] Step answer(WebSocketFacts& facts);
  [[nodiscard]] WebSocketRequest look(bool is_websocket);
  [[nodiscard]] Step refuse(int status, std::string words);
  [[nodiscard]] Step refuse(const WebSocketAnswer& answer);
  [[nodiscard]] WebSocketAnswer decide(const WebSocketRequest& request);
  [[nodiscard]] bool is_origin_allowed(const WebSocketRequest& request) const;
  [[nodiscard]] Result<std::string> write(const WebSocketRequest& request,
                                          const WebSocketAnswer& answer, WebSocketFacts& facts);

  const WebSocketOptions::Facts& options_;
  const SocketAddress remote_;
  wire::Http1Parser parser_;
  std::optional<DeflateTerms> deflate_;
};

}  // namespace bowline::core
