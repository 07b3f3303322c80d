#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>
#include <bowline/http_listener.h>
#include <bowline/listener.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "core/http/connection.h"
#include "session/carrier/alarm.h"
#include "session/listener/server_link.h"

namespace bowline::session {

class ListenerClose;

/// What the handles on an HttpListener share.
class ListenerBody final : public detail::RefCounted<ListenerBody> {
 public:
  ListenerBody(Loop& loop, HttpListener::Handler handler, const HttpListenerOptions& options);
  ~ListenerBody();

  void open(Listener<StreamConnection> listener, bool is_secure);

  // For handles.
  void add_handle() { ++handles_; }
  void drop_handle();
  [[nodiscard]] const Listener<StreamConnection>& listener() const { return listener_; }
  void begin_close(ListenerClose& request, Duration grace);
  void remove(ListenerClose& request) noexcept;
  [[nodiscard]] std::size_t connection_count() const { return links_.size(); }
  [[nodiscard]] std::uint64_t request_count() const { return request_count_; }

  // For links.
  [[nodiscard]] const detail::LoopGround& ground() const { return ground_; }
  [[nodiscard]] const core::HttpConnection::Options& machine_options() const { return options_; }
  void handle_request(HttpExchange exchange);
  void handle_link_gone(ServerLink& link);

 private:
  void handle_connection(StreamConnection connection);
  void handle_alarm();
  void abort_all();
  void tell_closers();

  detail::LoopGround ground_;
  /// Shared, as it may close the listener that calls it.
  std::shared_ptr<HttpListener::Handler> handler_;
  core::HttpConnection::Options options_;
  Listener<StreamConnection> listener_;
  bool is_secure_ = false;
  std::map<ServerLink*, detail::Ref<ServerLink>> links_;
  detail::RequestList<ListenerClose> closers_;
  Alarm<ListenerBody, &ListenerBody::handle_alarm> alarm_{*this};
  friend class Alarm<ListenerBody, &ListenerBody::handle_alarm>;
  std::size_t handles_ = 0;
  std::uint64_t request_count_ = 0;
  bool is_closing_ = false;
};

class ListenerClose final : public detail::Request<void> {
 public:
  ListenerClose(detail::RequestQueue& queue, ListenerBody& listener, Duration grace)
      : detail::Request<void>(queue), listener_(&listener), grace_(grace) {}

 private:
  void begin() override { listener_->begin_close(*this, grace_); }
  void withdraw() noexcept override { listener_->remove(*this); }
  detail::Ref<ListenerBody> listener_;
  Duration grace_;
};

}  // namespace bowline::session
