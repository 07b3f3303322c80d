#include "session/listener/listener_body.h"

#include <utility>
#include <vector>

namespace bowline::session {

namespace {

core::HttpConnection::Options machine_options_of(const HttpListenerOptions& said) {
  core::HttpConnection::Options options;
  options.limits.head_bytes_max = said.head_octets_max();
  options.limits.fields_max = said.fields_max();
  options.head_timeout = said.head_within();
  options.idle_timeout = said.idle_timeout();
  options.body_rate_min = said.body_rate_min();
  options.write_timeout = said.write_within();
  options.streams_max = said.streams_max();
  return options;
}

}  // namespace

ListenerBody::ListenerBody(Loop& loop, HttpListener::Handler handler,
                           const HttpListenerOptions& options)
    : ground_(loop),
      handler_(std::make_shared<HttpListener::Handler>(std::move(handler))),
      options_(machine_options_of(options)) {}

ListenerBody::~ListenerBody() = default;

void ListenerBody::open(Listener<StreamConnection> listener, bool is_secure) {
  listener_ = std::move(listener);
  is_secure_ = is_secure;
  listener_.on_connection(
      [this](StreamConnection connection) { handle_connection(std::move(connection)); });
}

void ListenerBody::drop_handle() {
  if (--handles_ > 0) return;
  const detail::Ref<ListenerBody> keep(this);
  // It holds this; and closing it, with a handle of its own, drops that.
  listener_ = {};
  if (!ground_.is_gone() && closers_.empty()) abort_all();
}

void ListenerBody::begin_close(ListenerClose& request, Duration grace) {
  const detail::Ref<ListenerBody> keep(this);
  closers_.push(request);
  if (listener_) listener_.close();
  is_closing_ = true;
  std::vector<detail::Ref<ServerLink>> links;
  for (const auto& [pointer, link] : links_) links.push_back(link);
  for (const detail::Ref<ServerLink>& link : links) link->shut_down();
  if (!links_.empty()) alarm_.set(ground_, ground_.now() + grace, true);
  tell_closers();
}

void ListenerBody::remove(ListenerClose& request) noexcept { closers_.remove(request); }

void ListenerBody::handle_request(HttpExchange exchange) {
  ++request_count_;
  const std::shared_ptr<HttpListener::Handler> handler = handler_;
  (*handler)(std::move(exchange));
}

void ListenerBody::handle_link_gone(ServerLink& link) {
  const detail::Ref<ListenerBody> keep(this);
  links_.erase(&link);
  tell_closers();
}

void ListenerBody::handle_connection(StreamConnection connection) {
  const detail::Ref<ListenerBody> keep(this);
  const detail::Ref<ServerLink> link(new ServerLink(*this, std::move(connection), is_secure_));
  links_.emplace(link.get(), link);
  link->start();
}

void ListenerBody::handle_alarm() { abort_all(); }

void ListenerBody::abort_all() {
  const detail::Ref<ListenerBody> keep(this);
  std::vector<detail::Ref<ServerLink>> links;
  for (const auto& [pointer, link] : links_) links.push_back(link);
  for (const detail::Ref<ServerLink>& link : links) link->abort();
  tell_closers();
}

void ListenerBody::tell_closers() {
  if (!is_closing_ || !links_.empty()) return;
  alarm_.clear();
  while (!closers_.empty()) closers_.pop().finish({});
}

}  // namespace bowline::session
