#pragma once

#include "session_scene.h"

#include <bowline/proxy.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bowline::test {

/// The scene with proxies at 203.0.113.81, which is `proxy.example.com`.
struct ProxyScene : SessionScene {
  explicit ProxyScene(std::uint64_t seed = 1) : SessionScene(seed) {
    dns->add("proxy.example.com", "A", "203.0.113.81");
  }

  /// By CONNECT; what it was asked for is written down. `answer`: instead of making the tunnel, if it is not
  /// empty for a request.
  struct HttpProxy {
    std::vector<std::string> heads;
    std::function<std::string(const std::string& head)> answer;
    bool closes_behind_answer = false;
    Listener<StreamConnection> listener;
  };
  void serve_proxy(HttpProxy& proxy, std::uint16_t port = 3128) {
    serve_proxy_on(proxy, tcp(), port);
  }
  template <class Stack>
  void serve_proxy_on(HttpProxy& proxy, const Stack& stack, std::uint16_t port) {
    auto listener = listen(*web_loop, host("203.0.113.81", port), stack);
    ASSERT_TRUE(listener.has_value());
    proxy.listener = *std::move(listener);
    proxy.listener.on_connection([this, &proxy](StreamConnection client) {
      read_head(proxy, std::move(client), std::make_shared<std::string>());
    });
  }
  void read_head(HttpProxy& proxy, StreamConnection client,
                 const std::shared_ptr<std::string>& head) {
    client.receive_some().detach([this, &proxy, client, head](Result<Message> got) mutable {
      if (!got.has_value() || got->size() == 0) return;
      *head += got->text();
      const std::size_t end = head->find("\r\n\r\n");
      if (end == std::string::npos) return read_head(proxy, client, head);
      const std::string whole = head->substr(0, end + 4);
      proxy.heads.push_back(whole);
      const std::string answer = proxy.answer ? proxy.answer(whole) : "";
      if (!answer.empty()) {
        client.send(answer).detach();
        if (proxy.closes_behind_answer) return client.finish().detach();
        return read_head(proxy, client, std::make_shared<std::string>(head->substr(end + 4)));
      }
      // CONNECT www.example.com:443 HTTP/1.1
      const std::string authority = whole.substr(8, whole.find(' ', 8) - 8);
      const std::size_t colon = authority.rfind(':');
      StreamConnection peer = connect(
          *web_loop,
          host("203.0.113.80", static_cast<std::uint16_t>(std::stoi(authority.substr(colon + 1)))),
          tcp());
      client.send("HTTP/1.1 200 Established\r\nX-Proxy: here\r\n\r\n").detach();
      pass_on(client, peer);
      pass_on(peer, client);
    });
  }
  void pass_on(StreamConnection from, StreamConnection to) {
    from.receive_some().detach([this, from, to](Result<Message> got) mutable {
      if (!got.has_value()) return to.abort();
      if (got->size() == 0) return to.finish().detach();
      to.send(*std::move(got)).detach();
      pass_on(from, to);
    });
  }

  [[nodiscard]] SessionConfiguration through(const ProxyRule& rule) const {
    return configuration().proxy(rule);
  }
};

}  // namespace bowline::test
