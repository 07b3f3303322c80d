#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <bowline/detail/websocket_facts.h>
#include <bowline/endpoint.h>

#include "core/websocket/deflate_terms.h"
#include "wire/http1/parser.h"

namespace bowline::core {

/// The client's half of the opening handshake: RFC 6455 section 4.1.
class ClientHandshake {
 public:
  /// `nonce` has 16 octets that nobody can guess.
  ClientHandshake(const WebSocketOptions::Facts& options, std::span<const std::byte> nonce);

  /// What is to be sent.
  ///
  /// errors    invalid_argument: an option, or a URL whose scheme does not fit the stack
  [[nodiscard]] Result<std::string> request(const Endpoint& remote);

  struct Step {
    std::size_t consumed = 0;
    bool is_done = false;
  };
  /// Reads the response; what follows it is frames.
  ///
  /// errors    refused in the domain http with the status as code: the server does not want to;
  ///           protocol_violation: it does not speak WebSocket as asked; what the parser finds
  [[nodiscard]] Result<Step> handle_input(std::span<const std::byte> bytes, WebSocketFacts& facts);
  [[nodiscard]] const std::optional<DeflateTerms>& deflate() const { return deflate_; }

 private:
  [[nodiscard]] Result<void> check(const wire::ResponseHead& response, WebSocketFacts& facts);

  const WebSocketOptions::Facts& options_;
  const std::string key_;
  wire::Http1Parser parser_;
  std::optional<DeflateTerms> deflate_;
};

}  // namespace bowline::core
