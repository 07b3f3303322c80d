#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/detail/ref.h>
#include <bowline/report.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/http/pool/http_pool.h"
#include "session/carrier/http_carrier.h"

namespace bowline::session {

class SessionBody;

/// Who has a stream of a link: a task.
class StreamUser {
 public:
  virtual void handle_response(wire::ResponseHead& head) = 0;
  /// Borrowed for the call; each octet is to be marked as consumed some time.
  virtual void handle_body(std::span<const std::byte> bytes) = 0;
  virtual void handle_message_end(HttpFields& trailers) = 0;
  virtual void handle_room() = 0;
  virtual void handle_body_unwanted() = 0;
  /// The last call.
  virtual void handle_stream_done() = 0;
  /// The last call.
  virtual void handle_stream_failed(const Error& error, core::HttpRetry retry) = 0;
  /// The loop goes.
  virtual void handle_loop_gone() noexcept = 0;

 protected:
  ~StreamUser() = default;
};

/// A connection of the pool: on its way, then at work.
class Link final : public detail::RefCounted<Link>, private HttpCarrier::Observer {
 public:
  using StreamId = core::HttpConnection::StreamId;

  Link(SessionBody& session, core::HttpPool::LinkId id, core::PoolKey key,
       StreamConnection connection);
  ~Link();

  void start();
  [[nodiscard]] const core::PoolKey& key() const { return key_; }
  [[nodiscard]] core::HttpPool::LinkId id() const { return id_; }
  [[nodiscard]] StreamConnection& connection() { return connection_; }
  /// Only once it is ready.
  [[nodiscard]] HttpCarrier& carrier() { return *carrier_; }
  void pump() { carrier_->pump(); }

  /// errors    as HttpConnection::send_request
  [[nodiscard]] Result<StreamId> begin(const wire::RequestHead& head,
                                       const core::HttpConnection::RequestForm& form,
                                       StreamUser& user);
  /// Its user does not want to hear of it any more.
  void cancel(StreamId stream);
  /// Octets of its body are used up.
  void mark_consumed(StreamId stream, std::size_t count);

  [[nodiscard]] bool is_idle() const { return static_cast<bool>(carrier_) && streams_.empty(); }
  [[nodiscard]] const Report& report() const { return report_; }
  /// It takes several requests at once, and its peer has shown a certificate that is for `host`, too.
  /// RFC 9113 9.1.1.
  [[nodiscard]] bool covers(std::string_view host) const;
  [[nodiscard]] Instant created() const { return created_; }
  /// How it ended up: "h2", "http/1.1".
  [[nodiscard]] const std::string& protocol() const { return protocol_; }
  /// Closes it.
  void close(bool gracefully);

 private:
  struct Ready {
    Link* link;
    void operator()(Result<void>&& ready) const { link->handle_ready(ready); }
    void dropped() const noexcept { link->handle_loop_gone(); }
  };
  void handle_ready(const Result<void>& ready);
  void handle_told(core::HttpConnection::Output& told) override;
  void handle_pumped() override;
  void handle_ended() override;
  void handle_loop_gone() noexcept override;
  void tell_state();

  detail::Ref<SessionBody> session_;
  core::HttpPool::LinkId id_;
  core::PoolKey key_;
  StreamConnection connection_;
  Operation<void> ready_;
  detail::Ref<HttpCarrier> carrier_;
  std::map<StreamId, StreamUser*> streams_;
  Report report_;
  std::string protocol_;
  Instant created_;
  bool is_gone_ = false;
};

}  // namespace bowline::session
