#pragma once

#include <bowline/framer.h>
#include <bowline/websocket_options.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace BOWLINE_API bowline {

struct WebSocketRequest::Facts {
  bool is_websocket = false;
  std::string method;
  std::string target;
  std::string authority;
  std::vector<std::string> subprotocols;
  HttpFields fields;
  SocketAddress remote_address;
};

struct WebSocketOptions::Facts {
  std::optional<Error> error;  ///< the first thing that was wrong
  std::string target;
  HttpFields fields;
  std::string origin;
  std::function<WebSocketAnswer(const WebSocketRequest&)> on_request;
  std::vector<std::string> allowed_origins;
  bool allows_any_origin = false;
  std::vector<std::string> subprotocols;
  std::size_t message_bytes_max = std::size_t{16} << 20;
  bool in_pieces = false;
  std::optional<WebSocketCompression> compression;
  /// TLS stands below: nothing if it is not known.
  std::optional<bool> is_secure;
};

/// What is known of one WebSocket, also once it has ended.
struct WebSocketFacts final : FramerFacts {
  std::string subprotocol;
  std::optional<WebSocketRequest> request;  ///< a server's
  int status = 0;                           ///< a client's: of the response
  HttpFields response_fields;
  std::string compression;  ///< as agreed on: "permessage-deflate; ..."; empty for none
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
};

}  // namespace BOWLINE_API bowline
