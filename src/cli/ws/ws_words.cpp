#include "cli/ws/ws_words.h"

#include <algorithm>
#include <utility>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

Result<Endpoint> read_ws_url(std::string_view text) {
  std::string whole(text);
  if (!whole.contains("://")) whole.insert(0, "wss://");
  if (!whole.starts_with("ws://") && !whole.starts_with("wss://"))
    return usage_error("a WebSocket has a URL with ws or wss, and this is " + quoted(text));
  return Endpoint::parse_url(whole);
}

Result<Endpoint> read_ws_local(const Invocation& invocation, const NetworkOptions& network,
                               Loop& loop) {
  const auto words = invocation.arguments();
  BOWLINE_TRY(const std::uint16_t port, read_port(words.back(), 0));
  if (words.size() == 1) return loopback(port, network.family.value_or(Family::ipv4));
  BOWLINE_TRY(Endpoint local, Endpoint::parse_host(words.front(), port));
  if (!local.is_address())
    return usage_error("a listener (-l) needs an address, and this is a name: " + local.host());
  BOWLINE_TRY_VOID(check_scope(local, network, loop));
  return local;
}

Result<WebSocketOptions> read_ws_options(const Invocation& invocation) {
  WebSocketOptions options;
  for (const std::string_view field : invocation.values("header")) {
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos)
      return usage_error("a header has a colon behind its name: " + quoted(field));
    options.field(field.substr(0, colon), field.substr(colon + 1));
  }
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
  for (const std::string_view name : invocation.values("subprotocol")) {
    const bool is_token = !name.empty() && std::ranges::all_of(name, [&](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             marks.contains(c);
    });
    if (!is_token) return usage_error("--subprotocol " + quoted(name) + " is not a token");
    options.subprotocol(name);
  }
  if (const auto origin = invocation.value("origin")) options.origin(*origin);
  if (invocation.has("any-origin")) options.allow_any_origin();
  if (invocation.has("compress")) options.compression();
  return options;
}

/// What says nothing to a listener, and what to a client.
Result<void> check_role(const Invocation& invocation, bool listens) {
  for (const std::string_view option : {"header", "origin", "source", "server", "wait"})
    if (listens && invocation.has(option))
      return usage_error("--" + std::string(option) + " says nothing to a listener (-l)");
  for (const std::string_view option : {"echo", "any-origin"})
    if (!listens && invocation.has(option))
      return usage_error("--" + std::string(option) + " is for a listener: it needs -l");
  if (!listens && invocation.arguments().size() > 1)
    return usage_error("one URL, or -l for a listener");
  return {};
}

}  // namespace

WebSocket WsPlan::stack() const {
  return security.protection == Protection::none ? websocket(tcp(), options)
                                                 : websocket(tls(security.options), options);
}

Result<WsPlan> read_ws_plan(const Invocation& invocation, Loop& loop) {
  WsPlan plan;
  plan.listens = invocation.has("listen");
  plan.echoes = invocation.has("echo");
  plan.is_binary = invocation.has("binary");
  plan.as_json = invocation.wants_json();
  BOWLINE_TRY_VOID(check_role(invocation, plan.listens));
  BOWLINE_TRY(plan.network, read_network_options(invocation, loop));
  if (const auto text = invocation.value("ping")) {
    BOWLINE_TRY(plan.ping_every, read_seconds(*text));
  }
  BOWLINE_TRY(plan.options, read_ws_options(invocation));
  if (plan.listens) {
    BOWLINE_TRY(plan.endpoint, read_ws_local(invocation, plan.network, loop));
    BOWLINE_TRY(plan.security, choose_listener_security(invocation, plan.endpoint));
  } else {
    BOWLINE_TRY(plan.endpoint, read_ws_url(invocation.arguments().front()));
    BOWLINE_TRY(plan.security, choose_security(invocation, plan.endpoint));
  }
  return plan;
}

}  // namespace bowline::cli
