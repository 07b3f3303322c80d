#include "cli/ws/ws_events.h"

#include <unistd.h>

#include <cstdio>

#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/security_words.h"

namespace bowline::cli {

namespace {

void print_line(std::string line) {
  line += '\n';
  print(line);
  std::fflush(stdout);
}

template <class Fields>
void print_event(std::string_view event, std::string_view id, Fields fields) {
  Json json;
  json.object([&] {
    json.field("event", event);
    if (!id.empty()) json.field("id", id);
    fields(json);
  });
  print_line(json.text());
}

std::string hex_of(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// A text for a terminal: what would move its cursor or change its colours is shown instead.
std::string without_controls(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const bool is_c1 =
        octet == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    const bool is_control = (octet < 0x20 && octet != '\t' && octet != '\n') || octet == 0x7f;
    if (is_control || is_c1) {
      shown += safe(text.substr(i, is_c1 ? 2 : 1));
      i += is_c1 ? 1 : 0;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

std::string prefix_of(std::string_view id) { return id.empty() ? "" : std::string(id) + ": "; }

}  // namespace

WsEvents::WsEvents(bool as_json) : as_json_(as_json), to_terminal_(::isatty(STDOUT_FILENO) == 1) {}

void WsEvents::listening(const std::string& url) const {
  if (!as_json_) return note("listening on " + url);
  print_event("listening", "", [&](Json& json) { json.field("url", url); });
}

void WsEvents::opened(const WebSocketConnection& connection, std::string_view id) const {
  const auto remote = connection.remote_address();
  const std::string peer = remote ? to_string(*remote) : "a peer that is gone";
  const auto security = connection.security();
  if (as_json_) {
    return print_event("open", id, [&](Json& json) {
      json.field("peer", peer);
      json.field("subprotocol", connection.subprotocol());
      json.field("compression", connection.compression());
      if (const auto request = connection.request()) json.field("target", request->target());
      if (security) {
        json.name("security");
        write_security(json, *security);
      }
    });
  }
  std::string line = prefix_of(id) + "connected to " + peer;
  if (security) line += " by " + to_string(*security);
  if (const std::string name = connection.subprotocol(); !name.empty()) line += ", " + safe(name);
  if (const std::string how = connection.compression(); !how.empty()) line += ", " + safe(how);
  note(line);
}

void WsEvents::message(const Message& message, std::string_view id) const {
  const bool is_text = message.context().kind() == MessageKind::text;
  if (as_json_) {
    return print_event("message", id, [&](Json& json) {
      json.field("kind", is_text ? "text" : "binary");
      json.field("bytes", message.size());
      if (is_text) {
        json.field("text", message.text());
      } else {
        json.field("hex", hex_of(message.bytes()));
      }
    });
  }
  std::string line = prefix_of(id);
  if (!to_terminal_) {
    line += message.text();
  } else if (is_text) {
    line += without_controls(message.text());
  } else {
    line += std::to_string(message.size()) +
            " bytes: " + hex_of(message.bytes().first(std::min<std::size_t>(message.size(), 64))) +
            (message.size() > 64 ? "..." : "");
  }
  print_line(std::move(line));
}

void WsEvents::pong(Duration round_trip, std::string_view id) const {
  if (!as_json_) return note(prefix_of(id) + "pong after " + to_string(round_trip));
  print_event("pong", id, [&](Json& json) { json.field("ms", round_trip); });
}

void WsEvents::closed(const WebSocketConnection& connection, const std::optional<Error>& error,
                      std::string_view id) const {
  const auto code = connection.close_code();
  const std::string reason = connection.close_reason();
  if (as_json_) {
    return print_event("closed", id, [&](Json& json) {
      json.field("code", code);
      json.field("reason", reason);
      json.name("error");
      if (error) {
        write_error(json, *error);
      } else {
        json.value(nullptr);
      }
    });
  }
  if (error) return note(prefix_of(id) + describe(*error));
  std::string line = prefix_of(id) + "closed";
  if (code) line += " with " + std::to_string(*code);
  if (!reason.empty()) line += ": " + safe(reason);
  note(line);
}

void WsEvents::refused(const Error& error) const {
  if (!as_json_) return note("not connected: " + describe(error));
  print_event("refused", "", [&](Json& json) {
    json.name("error");
    write_error(json, error);
  });
}

}  // namespace bowline::cli
