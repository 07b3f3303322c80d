#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include <bowline/detail/loop_ground.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/peer_link.h>
#include <bowline/security.h>

#include "peers/introduction.h"

namespace bowline::peers {

/// What the handles on a PeerNode share.
class NodeBody final : private Introduction::Judge, public std::enable_shared_from_this<NodeBody> {
 public:
  NodeBody(Loop& loop, const PeerOptions& options);
  ~NodeBody();
  NodeBody(const NodeBody&) = delete;
  NodeBody& operator=(const NodeBody&) = delete;

  [[nodiscard]] Result<void> open();
  void connect(const Endpoint& peer);
  void on_link(std::function<void(PeerLink)> handler) { on_link_ = std::move(handler); }
  void on_failure(std::function<void(const Endpoint&, const Error&)> handler) {
    on_failure_ = std::move(handler);
  }
  [[nodiscard]] const std::string& id() const { return own_.id; }
  [[nodiscard]] SocketAddress local_address() const { return listener_.local_address(); }

 private:
  /// Who is under way to be a link, or is one.
  struct Known {
    std::weak_ptr<LinkFacts> link;
    const Introduction* introduction = nullptr;
    Octets16 instance{};
  };

  [[nodiscard]] SecurityOptions security() const;
  void introduce(MessageConnection connection, Introduction::Side side,
                 std::optional<Endpoint> endpoint);
  void forget(const Introduction& introduction);
  [[nodiscard]] bool wants_link(const Introduction& introduction) override;
  void handle_link(Introduction& introduction, std::shared_ptr<LinkFacts> link) override;
  void handle_failure(Introduction& introduction, const Error& error) override;

  static constexpr std::size_t introductions_max = 256;

  Loop& loop_;
  const detail::LoopGround ground_;
  const PeerOptions options_;
  Hello own_;
  Listener<MessageConnection> listener_;
  std::list<std::shared_ptr<Introduction>> introductions_;
  std::map<std::string, Known> known_;  // by the peer's id
  std::function<void(PeerLink)> on_link_;
  std::function<void(const Endpoint&, const Error&)> on_failure_;
};

}  // namespace bowline::peers
