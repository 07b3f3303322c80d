#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/error.h>
#include <bowline/message.h>
#include <bowline/time.h>
#include <bowline/websocket.h>

namespace bowline::cli {

/// Says what happens: messages on standard output and the rest on standard error, or all of it as JSON Lines
/// on standard output.
class WsEvents {
 public:
  explicit WsEvents(bool as_json);

  void listening(const std::string& url) const;
  /// `id` tells several connections apart; empty where there is one.
  void opened(const WebSocketConnection& connection, std::string_view id) const;
  void message(const Message& message, std::string_view id) const;
  void pong(Duration round_trip, std::string_view id) const;
  /// `error`: how it broke, if it did.
  void closed(const WebSocketConnection& connection, const std::optional<Error>& error,
              std::string_view id) const;
  /// A peer that was refused, or gave up, while it shook hands.
  void refused(const Error& error) const;

 private:
  const bool as_json_;
  const bool to_terminal_;
};

}  // namespace bowline::cli
