#include "session/client/link.h"

#include <bowline/security_report.h>

#include <utility>
#include <variant>

#include "core/trust/name_match.h"
#include "core/trust/reference_name.h"
#include "session/client/session_body.h"

namespace bowline::session {

namespace {

template <class... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};

}  // namespace

Link::Link(SessionBody& session, core::HttpPool::LinkId id, core::PoolKey key,
           StreamConnection connection)
    : session_(&session),
      id_(id),
      key_(std::move(key)),
      connection_(std::move(connection)),
      created_(session.ground().precise_now()) {}

Link::~Link() {
  if (carrier_) carrier_->abandon(false);
}

void Link::start() {
  connection_.on_state([this](ConnectionState state, const Error* why) {
    if (state == ConnectionState::waiting && why != nullptr && !is_gone_)
      session_->handle_link_waiting(*this, *why);
  });
  ready_ = connection_.ready();
  ready_.start(Ready{this});
}

void Link::handle_ready(const Result<void>& ready) {
  const detail::Ref<Link> keep(this);
  if (is_gone_) return;
  report_ = connection_.report();
  connection_.on_state(nullptr);
  if (!ready.has_value()) {
    is_gone_ = true;
    connection_ = {};
    return session_->handle_link_failed(*this, ready.error());
  }
  const auto security = report_.security();
  // Of plain http, what secures the way to a proxy says nothing of what is spoken.
  const bool is_http2 = key_.scheme == "https" && security && security->alpn() == "h2";
  protocol_ = is_http2 ? "h2" : "http/1.1";
  core::HttpConnection::Options options;
  carrier_ = detail::Ref<HttpCarrier>(new HttpCarrier(
      session_->ground(), connection_,
      is_http2 ? core::make_http2_client(options) : core::make_http1_client(options), *this));
  carrier_->set_quiet(true);
  session_->pool().handle_ready(id_, is_http2, session_->ground().now());
  carrier_->start();
}

Result<Link::StreamId> Link::begin(const wire::RequestHead& head,
                                   const core::HttpConnection::RequestForm& form,
                                   StreamUser& user) {
  BOWLINE_TRY(const StreamId stream, carrier_->send_request(head, form));
  streams_.emplace(stream, &user);
  carrier_->set_quiet(false);
  return stream;
}

void Link::cancel(StreamId stream) {
  if (streams_.erase(stream) == 0 || is_gone_) return;
  const detail::Ref<Link> keep(this);
  if (carrier_->machine().version() != wire::HttpVersion::http2) carrier_->end_by_reset();
  carrier_->cancel(stream);
  carrier_->pump();
}

void Link::mark_consumed(StreamId stream, std::size_t count) {
  if (is_gone_ || !streams_.contains(stream)) return;
  carrier_->mark_consumed(stream, count);
}

bool Link::covers(std::string_view host) const {
  if (is_gone_ || !carrier_ || protocol_ != "h2" || key_.scheme != "https") return false;
  const auto security = report_.security();
  if (!security || !security->is_established() || security->peer_chain().empty()) return false;
  // Whoever trusts anybody is told nothing by a certificate.
  if (!security->trust().is_trusted() || !security->exceptions().empty()) return false;
  const auto reference = core::read_reference_name(host);
  return reference.has_value() &&
         core::match_name(security->peer_chain().front(), *reference, {}).empty();
}

void Link::close(bool gracefully) {
  if (is_gone_) return;
  is_gone_ = true;
  ready_ = {};
  if (!carrier_) connection_.on_state(nullptr);
  if (carrier_) {
    carrier_->abandon(gracefully);
  } else {
    connection_.cancel();
  }
}

void Link::handle_told(core::HttpConnection::Output& told) {
  using Machine = core::HttpConnection;
  const auto user = [this](StreamId stream) -> StreamUser* {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : found->second;
  };
  const auto last = [this](StreamId stream) -> StreamUser* {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : streams_.extract(found).mapped();
  };
  const Overloaded tell{
      [&](Machine::ResponseReceived& item) {
        if (auto* const it = user(item.stream)) it->handle_response(item.head);
      },
      [&](Machine::BodyReceived& item) {
        if (auto* const it = user(item.stream)) return it->handle_body(item.bytes);
        carrier_->mark_consumed(item.stream, item.bytes.size());
      },
      [&](Machine::MessageEnded& item) {
        if (auto* const it = user(item.stream)) it->handle_message_end(item.trailers);
      },
      [&](Machine::RoomMade& item) {
        if (auto* const it = user(item.stream)) it->handle_room();
      },
      [&](Machine::BodyUnwanted& item) {
        if (auto* const it = user(item.stream)) it->handle_body_unwanted();
      },
      [&](Machine::StreamDone& item) {
        if (auto* const it = last(item.stream)) it->handle_stream_done();
      },
      [&](Machine::StreamFailed& item) {
        if (auto* const it = last(item.stream)) it->handle_stream_failed(item.error, item.retry);
      },
      [](Machine::RequestReceived&) {},
      [](Machine::TunnelOpened&) {},
      [](Machine::Closing&) {},
      [](Machine::OutputEnded&) {},
      [](Machine::Closed&) {},
  };
  std::visit(tell, told);
}

void Link::handle_pumped() {
  if (is_gone_) return;
  tell_state();
  carrier_->set_quiet(streams_.empty());
  session_->expect_pool_turn();
}

void Link::tell_state() {
  session_->pool().handle_state(id_, carrier_->machine().not_reused(), streams_.size(),
                                session_->ground().now());
}

void Link::handle_ended() {
  if (is_gone_) return;
  const detail::Ref<Link> keep(this);
  is_gone_ = true;
  for (const auto& [stream, user] : std::exchange(streams_, {})) {
    user->handle_stream_failed(
        Error(ErrorKind::closed, "request", "the connection ended before the response"),
        core::HttpRetry::if_idempotent);
  }
  session_->handle_link_closed(*this);
}

void Link::handle_loop_gone() noexcept {
  if (is_gone_) return;
  is_gone_ = true;
  const detail::Ref<Link> keep(this);
  for (const auto& [stream, user] : std::exchange(streams_, {})) user->handle_loop_gone();
  session_->handle_loop_gone();
}

}  // namespace bowline::session
