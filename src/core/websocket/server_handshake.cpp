#include "core/websocket/server_handshake.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/url.h>

#include "base/base64.h"
#include "core/websocket/accept_key.h"
#include "core/websocket/handshake_limits.h"
#include "wire/http/list.h"
#include "wire/http1/writer.h"

namespace bowline::core {

namespace {

constexpr std::size_t subprotocols_max = 64;

bool is_key(std::string_view text) {
  const auto octets = from_base64(text);
  return octets && octets->size() == 16;
}

bool is_lower_equal(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// What keeps a request from being one for a WebSocket; 426 tells which version is spoken.
std::optional<int> flaw_of(const wire::RequestHead& head, const wire::BodyFraming& framing) {
  if (!is_lower_equal(head.protocol, "websocket")) return 426;
  if (head.method != "GET" || framing.kind != wire::BodyKind::none) return 400;
  const auto versions = head.fields.all("Sec-WebSocket-Version");
  if (versions.size() != 1 || versions.front() != "13") return 426;
  const auto keys = head.fields.all("Sec-WebSocket-Key");
  if (keys.size() != 1 || !is_key(keys.front())) return 400;
  return std::nullopt;
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool may_stand_in_answer(std::string_view name) {
  constexpr std::string_view reserved = "sec-websocket-";
  return !wire::is_hop_field(name) && !is_lower_equal(name, "content-length") &&
         !is_lower_equal(name.substr(0, reserved.size()), reserved);
}

std::string write_refusal(int status, std::string_view body, const HttpFields& fields,
                          bool is_answer_to_head) {
  wire::ResponseHead head;
  head.status = status;
  for (const HttpField field : fields)
    if (may_stand_in_answer(field.name))
      static_cast<void>(head.fields.add(field.name, field.value));  // it is from such a list
  if (!body.empty() && !head.fields.contains("Content-Type"))
    static_cast<void>(head.fields.add("Content-Type", "text/plain; charset=utf-8"));
  if (status == 426) static_cast<void>(head.fields.add("Sec-WebSocket-Version", "13"));
  wire::Http1ResponseForm form;
  form.framing = {.kind = wire::BodyKind::fixed, .length = body.size()};
  form.is_answer_to_head = is_answer_to_head;
  form.closes = true;
  if (status == 426) form.upgrade = "websocket";
  std::string text;
  if (!wire::write_response_head(text, head, form).has_value())
    return "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  if (!is_answer_to_head) text += body;
  return text;
}

Error refusal_error(int status, std::string words) {
  return {ErrorKind::refused, ErrorDomain::http, status, "websocket handshake", std::move(words)};
}

}  // namespace

ServerHandshake::ServerHandshake(const WebSocketOptions::Facts& options,
                                 const SocketAddress& remote)
    : options_(options),
      remote_(remote),
      parser_(wire::Http1Parser::Role::requests, websocket_handshake_limits) {}

ServerHandshake::Step ServerHandshake::handle_input(std::span<const std::byte> bytes,
                                                    WebSocketFacts& facts) {
  const auto parsed = parser_.parse(bytes);
  if (!parsed.has_value()) {
    const Error& error = parsed.error();
    return refuse(error.code() >= 400 ? static_cast<int>(error.code()) : 400, error.message());
  }
  Step step;
  if (parsed->event == wire::Http1Parser::Event::head) step = answer(facts);
  step.consumed = parsed->consumed;
  return step;
}

ServerHandshake::Step ServerHandshake::answer(WebSocketFacts& facts) {
  const std::optional<int> flaw = flaw_of(parser_.request(), parser_.framing());
  const WebSocketRequest request = look(!flaw.has_value());
  facts.request = request;
  constexpr const char* no_request = "the request is none for a WebSocket";
  if (request.subprotocols().size() > subprotocols_max) return refuse(400, "too many subprotocols");
  if (flaw && !options_.on_request) return refuse(*flaw, no_request);
  if (!flaw && !is_origin_allowed(request))
    return refuse(403, "a page of another origin wants to connect");
  const WebSocketAnswer decided = decide(request);
  if (!decided.is_accepted()) return refuse(decided);
  if (flaw) return refuse(*flaw, no_request);
  auto written = write(request, decided, facts);
  if (!written.has_value()) {
    const Error& error = written.error();
    return refuse(error.code() >= 400 ? static_cast<int>(error.code()) : 500, error.message());
  }
  Step step;
  step.response = *std::move(written);
  return step;
}

WebSocketRequest ServerHandshake::look(bool is_websocket) {
  const wire::RequestHead& head = parser_.request();
  auto facts = std::make_shared<WebSocketRequest::Facts>();
  facts->is_websocket = is_websocket;
  facts->method = head.method;
  facts->target = head.path;
  facts->authority = head.authority;
  const std::string names = head.fields.combined("Sec-WebSocket-Protocol");
  for (const std::string_view name : wire::split_http_list(names))
    facts->subprotocols.emplace_back(name);
  facts->fields = head.fields;
  facts->remote_address = remote_;
  return WebSocketRequest(std::move(facts));
}

ServerHandshake::Step ServerHandshake::refuse(int status, std::string words) {
  Step step;
  step.response = write_refusal(status, "", {}, parser_.request().method == "HEAD");
  step.refusal = refusal_error(status, std::move(words));
  return step;
}

ServerHandshake::Step ServerHandshake::refuse(const WebSocketAnswer& answer) {
  Step step;
  step.response = write_refusal(answer.status(), answer.body(), answer.fields(),
                                parser_.request().method == "HEAD");
  step.refusal =
      refusal_error(answer.status(), "the handler answered " + std::to_string(answer.status()));
  return step;
}

WebSocketAnswer ServerHandshake::decide(const WebSocketRequest& request) {
  if (options_.on_request) return options_.on_request(request);
  for (const std::string& name : options_.subprotocols)
    if (is_among(request.subprotocols(), name)) return WebSocketAnswer::accept(name);
  return WebSocketAnswer::accept();
}

/// Browsers tell where a page is from, and send the user's cookies with whatever its script asks for; so
/// pages of others are kept out. Programs that are no browsers can say anything here, and mostly say
/// nothing.
bool ServerHandshake::is_origin_allowed(const WebSocketRequest& request) const {
  const auto origins = request.fields().all("Origin");
  if (origins.empty() || options_.allows_any_origin) return true;
  if (origins.size() > 1) return false;
  if (std::ranges::any_of(options_.allowed_origins, [&](const std::string& allowed) {
        return is_lower_equal(allowed, origins.front());
      }))
    return true;
  const auto origin = Url::parse(origins.front());
  if (!origin.has_value() || origin->host().empty()) return false;
  const auto own = Url::parse(std::string(origin->scheme()) + "://" + request.authority() + "/");
  return own.has_value() && own->host() == origin->host() &&
         own->effective_port() == origin->effective_port();
}

Result<std::string> ServerHandshake::write(const WebSocketRequest& request,
                                           const WebSocketAnswer& answer, WebSocketFacts& facts) {
  wire::ResponseHead head;
  head.status = 101;
  for (const HttpField field : answer.fields())
    if (may_stand_in_answer(field.name)) BOWLINE_TRY_VOID(head.fields.add(field.name, field.value));
  const auto key = request.fields().find("Sec-WebSocket-Key");
  BOWLINE_TRY_VOID(head.fields.add("Sec-WebSocket-Accept", accept_key(key.value_or(""))));
  if (!answer.subprotocol().empty()) {
    if (!is_among(request.subprotocols(), answer.subprotocol()))
      return refusal_error(500, "the handler chose a subprotocol that was not asked for");
    BOWLINE_TRY_VOID(head.fields.add("Sec-WebSocket-Protocol", answer.subprotocol()));
  }
  if (options_.compression) {
    BOWLINE_TRY(deflate_, choose_deflate(request.fields().combined("Sec-WebSocket-Extensions"),
                                         *options_.compression));
    if (deflate_) {
      facts.compression = write_deflate_terms(*deflate_);
      BOWLINE_TRY_VOID(head.fields.add("Sec-WebSocket-Extensions", facts.compression));
    }
  }
  std::string text;
  wire::Http1ResponseForm form;
  form.upgrade = "websocket";
  BOWLINE_TRY_VOID(wire::write_response_head(text, head, form));
  facts.subprotocol = answer.subprotocol();
  facts.status = head.status;
  facts.response_fields = std::move(head.fields);
  return text;
}

}  // namespace bowline::core
