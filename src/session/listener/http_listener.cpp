#include <bowline/http_listener.h>

#include <utility>

#include "session/listener/listener_body.h"

namespace bowline {

using session::ExchangeBody;
using session::ListenerBody;

HttpExchange::HttpExchange(ExchangeBody& body) : body_(&body) {
  body_->add_ref();
  body_->add_handle();
}
HttpExchange::HttpExchange(const HttpExchange& other) : body_(other.body_) {
  if (body_ == nullptr) return;
  body_->add_ref();
  body_->add_handle();
}
HttpExchange::HttpExchange(HttpExchange&& other) noexcept
    : body_(std::exchange(other.body_, nullptr)) {}
HttpExchange& HttpExchange::operator=(HttpExchange other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}
HttpExchange::~HttpExchange() {
  if (body_ == nullptr) return;
  body_->drop_handle();
  body_->drop_ref();
}

const std::string& HttpExchange::method() const { return body_->head().method; }
std::string_view HttpExchange::path() const {
  const std::string_view path = body_->head().path;
  return path.substr(0, path.find('?'));
}
std::optional<std::string_view> HttpExchange::query() const {
  const std::string_view path = body_->head().path;
  const std::size_t mark = path.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  return path.substr(mark + 1);
}
const std::string& HttpExchange::authority() const { return body_->head().authority; }
const HttpFields& HttpExchange::fields() const { return body_->head().fields; }
std::string_view HttpExchange::field(std::string_view name) const {
  return fields().find(name).value_or(std::string_view());
}
std::string_view HttpExchange::version() const { return wire::to_string(body_->head().version); }
bool HttpExchange::is_secure() const { return body_->is_secure(); }
std::optional<SocketAddress> HttpExchange::remote_address() const { return body_->remote(); }
bool HttpExchange::has_body() const { return body_->has_body(); }

Operation<Message> HttpExchange::receive() {
  return Operation<Message>(
      detail::RequestBase::make<session::ExchangeReceive>(body_->queue(), *body_));
}
Operation<Buffer> HttpExchange::receive_all(std::size_t octets_max) {
  return Operation<Buffer>(
      detail::RequestBase::make<session::ExchangeReceiveAll>(body_->queue(), *body_, octets_max));
}
Result<void> HttpExchange::inform(int status, const HttpFields& fields) {
  return body_->inform(status, fields);
}
Result<void> HttpExchange::respond(int status, const HttpFields& fields, std::string body) {
  return body_->respond(status, fields, Buffer::own(std::move(body)));
}
Result<void> HttpExchange::respond(int status, const HttpFields& fields, Buffer body) {
  return body_->respond(status, fields, std::move(body));
}
Result<void> HttpExchange::begin(int status, const HttpFields& fields,
                                 std::optional<std::uint64_t> octets) {
  return body_->begin(status, fields, octets);
}
Operation<void> HttpExchange::send(Buffer bytes) {
  return Operation<void>(
      detail::RequestBase::make<session::ExchangeSend>(body_->queue(), *body_, std::move(bytes)));
}
Result<void> HttpExchange::finish(const HttpFields& trailers) { return body_->finish(trailers); }
void HttpExchange::abort() { body_->abort(); }
Operation<void> HttpExchange::done() {
  return Operation<void>(detail::RequestBase::make<session::ExchangeDone>(body_->queue(), *body_));
}

Result<HttpListener> HttpListener::open(Loop& loop, const Endpoint& local,
                                        const SecurityOptions& security, Handler handler,
                                        const HttpListenerOptions& options) {
  SecurityOptions offered = security;
  offered.alpn({"h2", "http/1.1"});
  BOWLINE_TRY(auto listener, listen(loop, local, tls(offered), options.parameters()));
  listener.limit_open(options.connections_max());
  HttpListener made(*new ListenerBody(loop, std::move(handler), options));
  made.body_->open(std::move(listener), true);
  return made;
}

Result<HttpListener> HttpListener::open_plain(Loop& loop, const Endpoint& local, Handler handler,
                                              const HttpListenerOptions& options) {
  BOWLINE_TRY(auto listener, listen(loop, local, tcp(), options.parameters()));
  listener.limit_open(options.connections_max());
  HttpListener made(*new ListenerBody(loop, std::move(handler), options));
  made.body_->open(std::move(listener), false);
  return made;
}

HttpListener::HttpListener(ListenerBody& body) : body_(&body) {
  body_->add_ref();
  body_->add_handle();
}
HttpListener::HttpListener(const HttpListener& other) : body_(other.body_) {
  if (body_ == nullptr) return;
  body_->add_ref();
  body_->add_handle();
}
HttpListener::HttpListener(HttpListener&& other) noexcept
    : body_(std::exchange(other.body_, nullptr)) {}
HttpListener& HttpListener::operator=(HttpListener other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}
HttpListener::~HttpListener() {
  if (body_ == nullptr) return;
  body_->drop_handle();
  body_->drop_ref();
}

SocketAddress HttpListener::local_address() const { return body_->listener().local_address(); }
Operation<void> HttpListener::close(Duration grace) {
  return Operation<void>(detail::RequestBase::make<session::ListenerClose>(body_->ground().queue(),
                                                                           *body_, bounded(grace)));
}
std::size_t HttpListener::connection_count() const { return body_->connection_count(); }
std::uint64_t HttpListener::request_count() const { return body_->request_count(); }

}  // namespace bowline
