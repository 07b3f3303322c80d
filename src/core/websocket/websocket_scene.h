#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/detail/websocket_facts.h>

#include "base/random.h"
#include "core/framing/framing_scene.h"
#include "core/websocket/frame.h"
#include "core/websocket/websocket_framer.h"

namespace bowline::core {

/// One end of a WebSocket, and what its peer sends it octet by octet.
class WebSocketScene {
 public:
  explicit WebSocketScene(FramerRole role, const WebSocketOptions& options = {},
                          const Endpoint& remote = host("example.com", 80))
      : scene_(framers(options), chain_options(role, remote)) {
    scene_.start();
  }
  /// A server that has agreed.
  static std::unique_ptr<WebSocketScene> open_server(const WebSocketOptions& options = {},
                                                     std::string_view more_fields = "") {
    auto server = std::make_unique<WebSocketScene>(FramerRole::server, options);
    server->input(request(more_fields));
    server->opening = server->written();
    server->said();
    return server;
  }
  static std::string request(std::string_view more_fields = "") {
    return "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: "
           "Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           std::string(more_fields) + "\r\n";
  }

  /// A frame as a client sends it, with a mask that shows.
  static std::string masked(unsigned first, std::string_view payload) {
    FrameHead head;
    head.opcode = static_cast<WebSocketOpcode>(first & 0x0f);
    head.is_final = (first & 0x80) != 0;
    head.is_compressed = (first & 0x40) != 0;
    head.payload_bytes = payload.size();
    head.mask = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    std::string text = text_of(write_frame_head(head).span());
    std::vector<std::byte> octets(payload.size());
    apply_mask(octets.data(), bytes_of(payload), *head.mask, 0);
    return text + text_of(octets);
  }
  /// A frame as a server sends it.
  static std::string plain(unsigned first, std::string_view payload) {
    FrameHead head;
    head.opcode = static_cast<WebSocketOpcode>(first & 0x0f);
    head.is_final = (first & 0x80) != 0;
    head.is_compressed = (first & 0x40) != 0;
    head.payload_bytes = payload.size();
    return text_of(write_frame_head(head).span()) + std::string(payload);
  }
  static std::string close_payload(unsigned code, std::string_view reason = "") {
    std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return payload.append(reason);
  }

  WebSocketScene& input(std::string_view bytes) {
    scene_.input(bytes);
    return *this;
  }
  WebSocketScene& input_slowly(std::string_view bytes) {
    for (const char octet : bytes) scene_.input({&octet, 1});
    return *this;
  }
  WebSocketScene& end() {
    scene_.end();
    return *this;
  }
  WebSocketScene& close() {
    scene_.close();
    return *this;
  }
  WebSocketScene& pass(Duration duration) {
    scene_.pass(duration);
    return *this;
  }
  Result<void> send(std::string_view bytes, const MessageContext& message) {
    return scene_.send(bytes, message);
  }
  std::vector<std::string> said() { return scene_.said(); }
  std::string written() { return scene_.written(); }
  /// Without taking it: the peer does not read.
  std::size_t unwritten() const { return scene_.chain.unwritten().size(); }
  const WebSocketFacts& facts() const {
    return static_cast<const WebSocketFacts&>(*scene_.chain.facts());
  }

  std::string opening;

 private:
  static std::vector<std::unique_ptr<Framer>> framers(const WebSocketOptions& options) {
    std::vector<std::unique_ptr<Framer>> made;
    auto facts = std::make_shared<WebSocketOptions::Facts>(options.facts());
    facts->is_secure = false;
    made.push_back(make_websocket_framer(std::move(facts)));
    return made;
  }
  FramerChain::Options chain_options(FramerRole role, const Endpoint& remote) {
    FramerChain::Options options;
    options.role = role;
    options.random = &random_;
    options.remote_endpoint = std::make_shared<const Endpoint>(remote);
    return options;
  }

  SeededRandom random_{1};
  ChainScene scene_;
};

}  // namespace bowline::core
