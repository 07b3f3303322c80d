#include "core/websocket/client_handshake.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <bowline/url.h>

#include "base/base64.h"
#include "base/escape.h"
#include "core/websocket/accept_key.h"
#include "core/websocket/handshake_limits.h"
#include "wire/http1/writer.h"

namespace bowline::core {

namespace {

Error bad_response(const char* what) {
  return Error(ErrorKind::protocol_violation, ErrorDomain::websocket, 0, "websocket handshake",
               what);
}

struct Asked {
  std::string authority;
  std::string target;
};

std::string authority_of(const Endpoint& remote, std::optional<std::uint16_t> implied_port) {
  const std::string host = remote.host();
  const bool is_ipv6 = host.contains(':');
  // A zone means something on this host only: RFC 6874.
  std::string authority = is_ipv6 ? "[" + host.substr(0, host.find('%')) + "]" : host;
  if (remote.port() != implied_port) authority += ":" + std::to_string(remote.port());
  return authority;
}

Result<Asked> asked_of(const Endpoint& remote, const WebSocketOptions::Facts& options) {
  Asked asked;
  std::optional<std::uint16_t> implied_port;
  if (options.is_secure) implied_port = *options.is_secure ? 443 : 80;
  asked.authority = authority_of(remote, implied_port);
  asked.target = options.target.empty() ? "/" : options.target;
  if (remote.url().empty()) return asked;
  BOWLINE_TRY(const Url url, Url::parse(remote.url()));
  const bool is_secure = url.scheme() == "wss" || url.scheme() == "https";
  if (options.is_secure && *options.is_secure != is_secure)
    return Error(ErrorKind::invalid_argument, "websocket handshake",
                 is_secure ? "wss needs tls() below" : "ws goes without tls() below")
        .about(std::string(url.scheme()));
  if (options.target.empty()) {
    asked.target = std::string(url.path());
    if (asked.target.empty()) asked.target = "/";
    if (const auto query = url.query()) (asked.target += "?") += *query;
  }
  return asked;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

ClientHandshake::ClientHandshake(const WebSocketOptions::Facts& options,
                                 std::span<const std::byte> nonce)
    : options_(options),
      key_(to_base64(nonce)),
      parser_(wire::Http1Parser::Role::responses, websocket_handshake_limits) {}

Result<std::string> ClientHandshake::request(const Endpoint& remote) {
  if (options_.error) return *options_.error;
  BOWLINE_TRY(Asked asked, asked_of(remote, options_));
  wire::RequestHead head;
  head.authority = std::move(asked.authority);
  head.path = std::move(asked.target);
  head.protocol = "websocket";
  head.fields = options_.fields;
  BOWLINE_TRY_VOID(head.fields.set("Sec-WebSocket-Key", key_));
  BOWLINE_TRY_VOID(head.fields.set("Sec-WebSocket-Version", "13"));
  if (!options_.subprotocols.empty())
    BOWLINE_TRY_VOID(head.fields.set("Sec-WebSocket-Protocol", joined(options_.subprotocols)));
  if (options_.compression)
    BOWLINE_TRY_VOID(
        head.fields.set("Sec-WebSocket-Extensions", write_deflate_offer(*options_.compression)));
  if (!options_.origin.empty()) BOWLINE_TRY_VOID(head.fields.set("Origin", options_.origin));
  std::string text;
  BOWLINE_TRY_VOID(wire::write_request_head(text, head, {}));
  parser_.expect_response_to("GET");
  return text;
}

Result<ClientHandshake::Step> ClientHandshake::handle_input(std::span<const std::byte> bytes,
                                                            WebSocketFacts& facts) {
  using Event = wire::Http1Parser::Event;
  Step step;
  for (;;) {
    BOWLINE_TRY(const auto parsed, parser_.parse(bytes.subspan(step.consumed)));
    step.consumed += parsed.consumed;
    if (parsed.event == Event::more) return step;
    if (parsed.event != Event::head || parser_.response().is_interim()) continue;
    BOWLINE_TRY_VOID(check(parser_.response(), facts));
    step.is_done = true;
    return step;
  }
}

Result<void> ClientHandshake::check(const wire::ResponseHead& response, WebSocketFacts& facts) {
  facts.status = response.status;
  facts.response_fields = response.fields;
  const HttpFields& fields = response.fields;
  if (response.status != 101) {
    std::string words = "the server answers " + std::to_string(response.status) + " " +
                        std::string(wire::reason_of(response.status));
    if (const auto location = fields.find("Location")) words += ", at " + escape(*location, 200);
    return Error(ErrorKind::refused, ErrorDomain::http, response.status, "websocket handshake",
                 std::move(words));
  }
  if (!fields.has_member("Upgrade", "websocket") || !fields.has_member("Connection", "upgrade"))
    return bad_response("the server switches to another protocol");
  const auto accepts = fields.all("Sec-WebSocket-Accept");
  if (accepts.size() != 1 || accepts.front() != accept_key(key_))
    return bad_response("the server does not prove that it speaks WebSocket");
  const auto chosen = fields.all("Sec-WebSocket-Protocol");
  if (chosen.size() > 1) return bad_response("the server chooses more than one subprotocol");
  if (!chosen.empty()) {
    if (std::ranges::find(options_.subprotocols, chosen.front()) == options_.subprotocols.end())
      return bad_response("the server chooses a subprotocol that was not offered");
    facts.subprotocol = chosen.front();
  }
  BOWLINE_TRY(deflate_, read_deflate_choice(fields.combined("Sec-WebSocket-Extensions"),
                                            options_.compression));
  if (deflate_) facts.compression = write_deflate_terms(*deflate_);
  return {};
}

}  // namespace bowline::core
