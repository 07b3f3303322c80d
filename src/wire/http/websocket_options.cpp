#include <bowline/detail/websocket_facts.h>
#include <bowline/websocket_options.h>

#include <array>
#include <utility>

namespace bowline {

bool WebSocketRequest::is_websocket() const { return facts_->is_websocket; }
const std::string& WebSocketRequest::method() const { return facts_->method; }
const std::string& WebSocketRequest::target() const { return facts_->target; }
const std::string& WebSocketRequest::authority() const { return facts_->authority; }
std::optional<std::string_view> WebSocketRequest::origin() const {
  return facts_->fields.find("Origin");
}
const std::vector<std::string>& WebSocketRequest::subprotocols() const {
  return facts_->subprotocols;
}
const HttpFields& WebSocketRequest::fields() const { return facts_->fields; }
const SocketAddress& WebSocketRequest::remote_address() const { return facts_->remote_address; }

WebSocketAnswer WebSocketAnswer::accept(std::string subprotocol) {
  WebSocketAnswer answer;
  answer.subprotocol_ = std::move(subprotocol);
  return answer;
}

WebSocketAnswer WebSocketAnswer::refuse(int status, std::string body) {
  WebSocketAnswer answer;
  answer.status_ = status >= 200 && status <= 599 ? status : 500;
  answer.body_ = std::move(body);
  return answer;
}

WebSocketAnswer& WebSocketAnswer::field(std::string_view name, std::string_view value) {
  // What cannot be sent never gets into the list; the response goes without it.
  static_cast<void>(fields_.add(name, value));
  return *this;
}

WebSocketOptions::WebSocketOptions() : facts_(std::make_shared<Facts>()) {}

WebSocketOptions::Facts& WebSocketOptions::change() {
  if (facts_.use_count() > 1) facts_ = std::make_shared<Facts>(*facts_);
  return *facts_;
}

namespace {

Error websocket_option_error(const char* what, std::string_view about) {
  return Error(ErrorKind::invalid_argument, "websocket", what).about(std::string(about));
}

/// A token of HTTP, RFC 9110 5.6.2: a subprotocol is one.
bool is_websocket_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && (c < '0' || c > '9') && !others.contains(c)) return false;
  }
  return !text.empty();
}

}  // namespace

WebSocketOptions& WebSocketOptions::target(std::string_view value) {
  Facts& facts = change();
  if (!value.starts_with('/') && !facts.error)
    facts.error = websocket_option_error("a target begins with a slash", "target");
  facts.target = value;
  return *this;
}

WebSocketOptions& WebSocketOptions::field(std::string_view name, std::string_view value) {
  Facts& facts = change();
  auto added = facts.fields.add(name, value);
  if (!added.has_value() && !facts.error) facts.error = std::move(added).error();
  return *this;
}

WebSocketOptions& WebSocketOptions::origin(std::string_view value) {
  change().origin = value;
  return *this;
}

WebSocketOptions& WebSocketOptions::on_request(
    std::function<WebSocketAnswer(const WebSocketRequest&)> handler) {
  change().on_request = std::move(handler);
  return *this;
}

WebSocketOptions& WebSocketOptions::allow_origin(std::string_view value) {
  change().allowed_origins.emplace_back(value);
  return *this;
}

WebSocketOptions& WebSocketOptions::allow_any_origin(bool value) {
  change().allows_any_origin = value;
  return *this;
}

WebSocketOptions& WebSocketOptions::subprotocol(std::string_view value) {
  Facts& facts = change();
  if (!is_websocket_token(value) && !facts.error)
    facts.error = websocket_option_error("the name of a subprotocol is a token", "subprotocol");
  facts.subprotocols.emplace_back(value);
  return *this;
}

WebSocketOptions& WebSocketOptions::message_bytes_max(std::size_t value) {
  change().message_bytes_max = value;
  return *this;
}

WebSocketOptions& WebSocketOptions::in_pieces(bool value) {
  change().in_pieces = value;
  return *this;
}

WebSocketOptions& WebSocketOptions::compression(const WebSocketCompression& value) {
  Facts& facts = change();
  auto is_window = [](int bits) { return bits >= 9 && bits <= 15; };
  const bool is_good = is_window(value.own_window_bits()) && is_window(value.peer_window_bits()) &&
                       value.level() >= 1 && value.level() <= 9;
  if (!is_good && !facts.error)
    facts.error =
        websocket_option_error("windows of 9 to 15 bits, levels of 1 to 9", "compression");
  facts.compression = value;
  return *this;
}

}  // namespace bowline
