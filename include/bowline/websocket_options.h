#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/http_fields.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

/// What a client asks for when it opens a WebSocket, as a server's handler sees it. Also an ordinary HTTP
/// request that came to the same port.
///
/// size      a handle; copies are handles on the same
class WebSocketRequest final {
 public:
  struct Facts;
  explicit WebSocketRequest(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}

  /// It asks for a WebSocket, in a way that can be granted. Others can only be refused.
  [[nodiscard]] bool is_websocket() const;
  [[nodiscard]] const std::string& method() const;
  /// "/chat?room=1": percent-encoded, as it came.
  [[nodiscard]] const std::string& target() const;
  /// "example.com:8080"
  [[nodiscard]] const std::string& authority() const;
  /// "https://example.com": from where the page came whose script connects. Nothing from other programs.
  [[nodiscard]] std::optional<std::string_view> origin() const;
  /// What the client can speak on top, what it likes most first.
  [[nodiscard]] const std::vector<std::string>& subprotocols() const;
  [[nodiscard]] const HttpFields& fields() const;
  [[nodiscard]] const SocketAddress& remote_address() const;

 private:
  std::shared_ptr<const Facts> facts_;
};

/// What a server answers to a WebSocketRequest.
class WebSocketAnswer final {
 public:
  /// `subprotocol` is one of those that were asked for, or empty for none; another one refuses with 500.
  [[nodiscard]] static WebSocketAnswer accept(std::string subprotocol = {});
  /// Refuses with a status of 200 to 599; also how a page is handed to a browser that asks for one.
  /// `body` is text/plain unless field() says another Content-Type.
  [[nodiscard]] static WebSocketAnswer refuse(int status, std::string body = {});
  /// A further field of the response. One that may not stand there, such as Sec-WebSocket-Accept, is left
  /// out.
  WebSocketAnswer& field(std::string_view name, std::string_view value);

  [[nodiscard]] bool is_accepted() const { return status_ == 101; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] const HttpFields& fields() const { return fields_; }

 private:
  WebSocketAnswer() = default;
  int status_ = 101;
  std::string subprotocol_;
  std::string body_;
  HttpFields fields_;
};

// clang-format off: a setter is one line
/// How messages are compressed, if the peer agrees: permessage-deflate. What an attacker can put beside a
/// secret into one message, or one context, shows by its size what the secret is: keep those apart.
///
/// size      about 300 KiB for each connection that has sent and received a compressed message; less with
///           smaller windows
/// source    RFC 7692
class WebSocketCompression final {
 public:
  /// Later messages may refer to earlier ones: smaller messages, and memory that is held between them.
  WebSocketCompression& keep_own_context(bool value) { keep_own_context_ = value; return *this; }
  /// May the peer's? Without, memory is held only while a message comes in.
  WebSocketCompression& keep_peer_context(bool value) { keep_peer_context_ = value; return *this; }
  /// How far back they refer: 2 to the power of 9 to 15 octets.
  WebSocketCompression& own_window_bits(int value) { own_window_bits_ = value; return *this; }
  WebSocketCompression& peer_window_bits(int value) { peer_window_bits_ = value; return *this; }
  /// 1 is fast, 9 is small.
  WebSocketCompression& level(int value) { level_ = value; return *this; }
  /// Messages with fewer octets go as they are.
  WebSocketCompression& threshold_bytes(std::size_t value) { threshold_bytes_ = value; return *this; }
  /// How many times its compressed size a received message may have, once it is over 1 MiB; 0, the default,
  /// is no such limit. The size of messages is limited in any case.
  WebSocketCompression& ratio_max(std::size_t value) { ratio_max_ = value; return *this; }
  [[nodiscard]] bool keep_own_context() const { return keep_own_context_; }
  [[nodiscard]] bool keep_peer_context() const { return keep_peer_context_; }
  [[nodiscard]] int own_window_bits() const { return own_window_bits_; }
  [[nodiscard]] int peer_window_bits() const { return peer_window_bits_; }
  [[nodiscard]] int level() const { return level_; }
  [[nodiscard]] std::size_t threshold_bytes() const { return threshold_bytes_; }
  [[nodiscard]] std::size_t ratio_max() const { return ratio_max_; }

 private:
  bool keep_own_context_ = true;
  bool keep_peer_context_ = true;
  int own_window_bits_ = 15;
  int peer_window_bits_ = 15;
  int level_ = 6;
  std::size_t threshold_bytes_ = 128;
  std::size_t ratio_max_ = 0;
};
// clang-format on

/// How a WebSocket is opened and what it carries. A value; setters chain. What makes no sense fails the
/// connection, with an error about it.
class WebSocketOptions final {
 public:
  struct Facts;
  WebSocketOptions();

  // Of a client.
  /// "/chat?room=1": what is asked for. Without: that of the URL, or "/".
  WebSocketOptions& target(std::string_view value);
  /// A further field of the request, such as Authorization or Cookie.
  WebSocketOptions& field(std::string_view name, std::string_view value);
  /// For servers that let in only pages of their own: what a browser would say.
  WebSocketOptions& origin(std::string_view value);

  // Of a server.
  /// Decides about every request, websocket or not, once it is checked. Without a handler those that can be
  /// granted are, with the first subprotocol() that the client can speak. It may not destroy the listener.
  WebSocketOptions& on_request(std::function<WebSocketAnswer(const WebSocketRequest&)> handler);
  /// Pages of this origin may connect, too: "https://example.com". Without, pages of the server's own host
  /// and programs that are no browsers may, and others are refused with 403 before the handler is asked.
  WebSocketOptions& allow_origin(std::string_view value);
  /// Every page that any user looks at may connect, with that user's cookies.
  WebSocketOptions& allow_any_origin(bool value = true);

  // Of both.
  /// What can be spoken on top; what was given first is liked most. A client that gave some refuses a server
  /// that chooses another, but not one that chooses none.
  WebSocketOptions& subprotocol(std::string_view value);
  /// Largest message that is received, after decompression; 16 MiB unless set. A peer that sends more is
  /// told so (1009) and cut off. Fragments of less than 64 octets count as 64.
  WebSocketOptions& message_bytes_max(std::size_t value);
  /// Hands on messages in pieces of up to 64 KiB, as they come: Message::is_complete() is true for the last.
  /// Then they may be of any size. A piece may end inside a character.
  WebSocketOptions& in_pieces(bool value = true);
  WebSocketOptions& compression(const WebSocketCompression& value = {});

  /// For the library.
  [[nodiscard]] const Facts& facts() const { return *facts_; }
  [[nodiscard]] std::shared_ptr<const Facts> share() const { return facts_; }

 private:
  [[nodiscard]] Facts& change();
  std::shared_ptr<Facts> facts_;
};

}  // namespace BOWLINE_API bowline
