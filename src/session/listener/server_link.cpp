#include "session/listener/server_link.h"

#include <bowline/security_report.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "session/listener/listener_body.h"

namespace bowline::session {

namespace {

template <class... Kinds>
struct Each : Kinds... {
  using Kinds::operator()...;
};

}  // namespace

ServerLink::ServerLink(ListenerBody& listener, StreamConnection connection, bool is_secure)
    : listener_(&listener), is_secure_(is_secure), remote_(connection.remote_address()) {
  if (const auto security = connection.security(); is_secure && security)
    agreed_ = security->alpn();
  carrier_ = detail::Ref<HttpCarrier>(
      new HttpCarrier(listener.ground(), std::move(connection),
                      agreed_ == "h2" ? core::make_http2_server(listener.machine_options())
                                      : core::make_http1_server(listener.machine_options()),
                      *this));
  carrier_->watch_peer();
}

ServerLink::~ServerLink() { carrier_->abandon(false); }

void ServerLink::start() { carrier_->start(); }
const detail::LoopGround& ServerLink::ground() const { return listener_->ground(); }

void ServerLink::cancel(StreamId stream) {
  const detail::Ref<ServerLink> keep(this);
  exchanges_.erase(stream);
  if (is_gone_) return;
  carrier_->cancel(stream);
  carrier_->pump();
}

void ServerLink::shut_down() {
  if (is_gone_) return;
  const detail::Ref<ServerLink> keep(this);
  carrier_->shutdown();
  carrier_->pump();
}

void ServerLink::abort() {
  if (is_gone_) return;
  const detail::Ref<ServerLink> keep(this);
  carrier_->abandon(false);
  leave(Error(ErrorKind::cancelled, "respond", "the listener was closed"));
}

/// RFC 9113 3.4: what a client of HTTP/2 says first. No request of HTTP/1 begins like that.
std::unique_ptr<core::HttpConnection> ServerLink::choose(std::span<const std::byte> first) {
  constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string_view text = as_text(first);
  const std::size_t known = std::min(text.size(), preface.size());
  // What was agreed on is spoken, or nothing.
  if (!agreed_.empty()) return nullptr;
  // TLS and most networks give it whole; a client that sends its first octet alone speaks HTTP/1, or waits.
  if (known < 3 || text.substr(0, known) != preface.substr(0, known)) return nullptr;
  return core::make_http2_server(listener_->machine_options());
}

void ServerLink::handle_told(core::HttpConnection::Output& told) {
  using Machine = core::HttpConnection;
  const auto at = [this](StreamId stream) {
    const auto found = exchanges_.find(stream);
    return found == exchanges_.end() ? detail::Ref<ExchangeBody>() : found->second;
  };
  const auto last = [this](StreamId stream) {
    const auto found = exchanges_.find(stream);
    if (found == exchanges_.end()) return detail::Ref<ExchangeBody>();
    return exchanges_.extract(found).mapped();
  };
  const Each tell{
      [&](Machine::RequestReceived& item) {
        const detail::Ref<ExchangeBody> exchange(
            new ExchangeBody(*this, item.stream, std::move(item.head), item.has_body));
        exchanges_.emplace(item.stream, exchange);
        listener_->handle_request(HttpExchange(*exchange));
      },
      [&](Machine::BodyReceived& item) {
        if (const auto exchange = at(item.stream)) return exchange->handle_body(item.bytes);
        carrier_->mark_consumed(item.stream, item.bytes.size());
      },
      [&](Machine::MessageEnded& item) {
        if (const auto exchange = at(item.stream)) exchange->handle_message_end();
      },
      [&](Machine::RoomMade& item) {
        if (const auto exchange = at(item.stream)) exchange->handle_room();
      },
      [&](Machine::StreamDone& item) {
        if (const auto exchange = last(item.stream)) exchange->handle_done();
      },
      [&](Machine::StreamFailed& item) {
        if (const auto exchange = last(item.stream)) exchange->handle_failed(item.error);
      },
      [](Machine::ResponseReceived&) {},
      [](Machine::BodyUnwanted&) {},
      [](Machine::TunnelOpened&) {},
      [](Machine::Closing&) {},
      [](Machine::OutputEnded&) {},
      [](Machine::Closed&) {},
  };
  std::visit(tell, told);
}

void ServerLink::handle_ended() {
  leave(Error(ErrorKind::closed, "respond", "the client's connection has ended"));
}

void ServerLink::handle_loop_gone() noexcept {
  const detail::Ref<ServerLink> keep(this);
  leave(Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "respond"));
}

void ServerLink::leave(const Error& error) {
  if (std::exchange(is_gone_, true)) return;
  const detail::Ref<ServerLink> keep(this);
  for (const auto& [stream, exchange] : std::exchange(exchanges_, {}))
    exchange->handle_link_gone(error);
  listener_->handle_link_gone(*this);
}

}  // namespace bowline::session
