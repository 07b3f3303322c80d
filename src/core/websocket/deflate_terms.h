#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/result.h>
#include <bowline/websocket_options.h>

namespace bowline::core {

/// What both ends agreed on for permessage-deflate. RFC 7692 section 7.1.
struct DeflateTerms {
  bool server_keeps_context = true;
  bool client_keeps_context = true;
  int server_window_bits = 15;
  int client_window_bits = 15;
  friend bool operator==(const DeflateTerms&, const DeflateTerms&) = default;
};

/// Sec-WebSocket-Extensions as a client says it.
[[nodiscard]] std::string write_deflate_offer(const WebSocketCompression& wanted);

/// A server's choice among what `offers` lists: the first that it can grant. Nothing if it grants none; what
/// it does not understand is an offer that it does not grant.
///
/// errors    malformed: it is no list of extensions
[[nodiscard]] Result<std::optional<DeflateTerms>> choose_deflate(
    std::string_view offers, const WebSocketCompression& wanted);
/// As the server says it, also for people.
[[nodiscard]] std::string write_deflate_terms(const DeflateTerms& terms);

/// A client's look at the server's choice; `wanted` is what it offered, if anything.
///
/// errors    protocol_violation: an extension or a parameter that was not offered, or a value out of bounds
[[nodiscard]] Result<std::optional<DeflateTerms>> read_deflate_choice(
    std::string_view choice, const std::optional<WebSocketCompression>& wanted);

}  // namespace bowline::core
