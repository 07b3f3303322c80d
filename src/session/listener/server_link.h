#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/detail/ref.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "session/carrier/http_carrier.h"
#include "session/listener/exchange_body.h"

namespace bowline::session {

class ListenerBody;

/// A connection that came in, with the exchanges on it.
class ServerLink final : public detail::RefCounted<ServerLink>, private HttpCarrier::Observer {
 public:
  using StreamId = core::HttpConnection::StreamId;

  ServerLink(ListenerBody& listener, StreamConnection connection, bool is_secure);
  ~ServerLink();

  void start();
  [[nodiscard]] const detail::LoopGround& ground() const;
  [[nodiscard]] HttpCarrier& carrier() { return *carrier_; }
  [[nodiscard]] bool is_secure() const { return is_secure_; }
  [[nodiscard]] const std::optional<SocketAddress>& remote() const { return remote_; }
  void pump() { carrier_->pump(); }
  void cancel(StreamId stream);
  /// What is under way goes on, nothing new begins.
  void shut_down();
  void abort();

 private:
  void handle_told(core::HttpConnection::Output& told) override;
  void handle_pumped() override {}
  void handle_ended() override;
  std::unique_ptr<core::HttpConnection> choose(std::span<const std::byte> first) override;
  void handle_loop_gone() noexcept override;
  void leave(const Error& error);

  detail::Ref<ListenerBody> listener_;
  bool is_secure_;
  std::string agreed_;  // by ALPN; empty: the first octets tell
  std::optional<SocketAddress> remote_;
  detail::Ref<HttpCarrier> carrier_;
  std::map<StreamId, detail::Ref<ExchangeBody>> exchanges_;
  bool is_gone_ = false;
};

}  // namespace bowline::session
