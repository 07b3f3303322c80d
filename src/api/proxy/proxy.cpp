#include <bowline/proxy.h>

#include <bowline/detail/hex_digest.h>
#include <bowline/url.h>

#include <utility>

#include "drive/connection/stack.h"
#include "drive/proxy/proxy_candidate.h"
#include "drive/secure/tls_stream.h"

namespace bowline {

struct Proxy::Facts {
  ProxyKind kind = ProxyKind::http;
  Endpoint endpoint;
  std::string username;
  std::string password;
  SecurityOptions security;
  std::shared_ptr<drive::ProxyMemory> memory = std::make_shared<drive::ProxyMemory>();
};

namespace {

struct KnownKind {
  std::string_view scheme;
  ProxyKind kind;
  std::uint16_t port;
};
constexpr KnownKind known_kinds[] = {{"http", ProxyKind::http, 80},
                                     {"https", ProxyKind::https, 443},
                                     {"socks5", ProxyKind::socks5, 1080},
                                     {"socks5h", ProxyKind::socks5, 1080}};

drive::Layer broken_proxy_layer(Error error) {
  return {"proxy",
          [error = std::move(error)](const drive::LayerContext&, std::unique_ptr<ports::ByteStream>)
              -> Result<std::unique_ptr<drive::HandshakingStream>> { return error; }};
}

std::string hash_for_proxy(core::DigestAlgorithm algorithm, std::string_view text) {
  switch (algorithm) {
    case core::DigestAlgorithm::md5: return detail::hex_digest(detail::HexDigest::md5, text);
    case core::DigestAlgorithm::sha256: return detail::hex_digest(detail::HexDigest::sha256, text);
    case core::DigestAlgorithm::sha512_256:
      return detail::hex_digest(detail::HexDigest::sha512_256, text);
  }
  return {};
}

}  // namespace

std::string to_string(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::http: return "http";
    case ProxyKind::https: return "https";
    case ProxyKind::socks5: return "socks5";
  }
  return "proxy";
}

Proxy::Proxy(ProxyKind kind, std::string_view host, std::uint16_t port)
    : facts_(std::make_shared<Facts>()) {
  facts_->kind = kind;
  facts_->endpoint = bowline::host(host, port);
}

Result<Proxy> Proxy::parse(std::string_view text) {
  const std::size_t mark = text.find("://");
  const std::string_view scheme = mark == std::string_view::npos ? "http" : text.substr(0, mark);
  const std::string_view rest = mark == std::string_view::npos ? text : text.substr(mark + 3);
  const KnownKind* kind = nullptr;
  for (const KnownKind& each : known_kinds)
    if (each.scheme == scheme) kind = &each;
  if (kind == nullptr)
    return Error(ErrorKind::unsupported, "proxy", "a proxy is http, https, socks5 or socks5h")
        .about(std::string(scheme));
  // By https all of them are read alike; a port of 443 is then said to be none.
  BOWLINE_TRY(const Url url, Url::parse("https://" + std::string(rest)));
  if (url.path() != "/" || url.query() || url.fragment())
    return Error(ErrorKind::invalid_argument, "proxy", "a proxy has no path, query or fragment");
  const bool says_443 = std::string(rest).ends_with(":443") || std::string(rest).ends_with(":443/");
  const std::uint16_t port = url.port().value_or(says_443 ? 443 : kind->port);
  std::string_view host = url.host();
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  Proxy proxy(kind->kind, host, port);
  BOWLINE_TRY_VOID(proxy.endpoint().validity());
  if (url.has_credentials())
    proxy.credential(percent_decode(url.username()), percent_decode(url.password()));
  return proxy;
}

Proxy::Facts& Proxy::change() {
  if (facts_.use_count() > 1) facts_ = std::make_shared<Facts>(*facts_);
  return *facts_;
}

Proxy& Proxy::credential(std::string username, std::string password) {
  Facts& facts = change();
  facts.username = std::move(username);
  facts.password = std::move(password);
  // What was learnt belongs to who we were.
  facts.memory = std::make_shared<drive::ProxyMemory>();
  return *this;
}

Proxy& Proxy::security(const SecurityOptions& options) {
  change().security = options;
  return *this;
}

ProxyKind Proxy::kind() const { return facts_->kind; }
const Endpoint& Proxy::endpoint() const { return facts_->endpoint; }
const std::string& Proxy::username() const { return facts_->username; }
const std::string& Proxy::password() const { return facts_->password; }
const SecurityOptions& Proxy::security() const { return facts_->security; }
std::string Proxy::text() const {
  return to_string(facts_->kind) + "://" + to_string(facts_->endpoint);
}

Tunnel::Tunnel(const Proxy& proxy, const TcpOptions& tcp) {
  auto plan = std::make_shared<drive::StackPlan>(*tcp.plan());
  auto route = std::make_shared<drive::ProxyRoute>();
  route->protocol = proxy.kind() == ProxyKind::socks5 ? drive::ProxyProtocol::socks5
                                                      : drive::ProxyProtocol::http_connect;
  route->endpoint = proxy.endpoint();
  route->shown = proxy.text();
  route->stream = drive::stream_options(tcp);
  route->username = proxy.username();
  route->password = proxy.password();
  route->hash = hash_for_proxy;
  route->memory = proxy.facts().memory;
  if (proxy.kind() == ProxyKind::https) {
    route->alpn = {"http/1.1"};
    auto settings = SecurityOptions(proxy.security()).alpn({"http/1.1"}).settings();
    route->layers.push_back(settings.has_value() ? drive::tls_layer(*std::move(settings))
                                                 : broken_proxy_layer(settings.error()));
    plan->names.insert(plan->names.begin(), "tls");
  }
  plan->names.insert(plan->names.begin(), drive::name_of(route->protocol));
  if (auto led = drive::lead_through(route, plan->alternatives); !led.has_value())
    plan->alternatives.front().layers.push_back(broken_proxy_layer(led.error()));
  plan_ = std::move(plan);
}

Tunnel tunnel(const Proxy& proxy, const TcpOptions& tcp) { return {proxy, tcp}; }

ProxyRule& ProxyRule::or_else(const Proxy& next) {
  proxies_.push_back(next);
  return *this;
}
ProxyRule& ProxyRule::or_direct(bool value) {
  allows_direct_ = value;
  return *this;
}
ProxyRule& ProxyRule::only_for(std::string hosts) {
  hosts_ = std::move(hosts);
  return *this;
}
ProxyRule& ProxyRule::except(std::string hosts) {
  exceptions_ = std::move(hosts);
  return *this;
}
ProxyRule& ProxyRule::only_scheme(std::string scheme) {
  scheme_ = std::move(scheme);
  return *this;
}

}  // namespace bowline
