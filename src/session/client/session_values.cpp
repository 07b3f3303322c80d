#include <bowline/session_configuration.h>

#include <algorithm>
#include <utility>

#include "session/client/facts.h"
#include "wire/http/characters.h"
#include "wire/http/message.h"

namespace bowline {

using session::SessionFacts;

AuthenticationQuestion::AuthenticationQuestion(std::string origin, std::string realm,
                                               std::string scheme, bool is_proxy,
                                               std::size_t failures)
    : origin_(std::move(origin)),
      realm_(std::move(realm)),
      scheme_(std::move(scheme)),
      is_proxy_(is_proxy),
      failures_(failures) {}

DomainException& DomainException::allow_plain(bool value) {
  allows_plain_ = value;
  return *this;
}

DomainException& DomainException::security(const SecurityOptions& options) {
  security_ = options;
  return *this;
}

SessionConfiguration::SessionConfiguration() : facts_(std::make_shared<SessionFacts>()) {}

SessionFacts& SessionConfiguration::change() {
  if (facts_.use_count() > 1) facts_ = std::make_shared<SessionFacts>(*facts_);
  return *facts_;
}

SessionConfiguration& SessionConfiguration::security(const SecurityOptions& options) {
  change().security = options;
  return *this;
}

SessionConfiguration& SessionConfiguration::allow_plain(bool value) {
  change().allows_plain = value;
  return *this;
}

SessionConfiguration& SessionConfiguration::except(const DomainException& exception) {
  change().exceptions.push_back(exception);
  return *this;
}

SessionConfiguration& SessionConfiguration::https_records(bool value) {
  change().https_records = value;
  return *this;
}

SessionConfiguration& SessionConfiguration::parameters(const Parameters& parameters) {
  change().parameters = parameters;
  return *this;
}

SessionConfiguration& SessionConfiguration::proxy(const ProxyRule& rule) {
  change().proxies.push_back(rule);
  return *this;
}

SessionConfiguration& SessionConfiguration::allow_expensive(bool value) {
  if (!value && !change().error) change().error = session::unknown_networks("allow_expensive");
  return *this;
}

SessionConfiguration& SessionConfiguration::allow_constrained(bool value) {
  if (!value && !change().error) change().error = session::unknown_networks("allow_constrained");
  return *this;
}

SessionConfiguration& SessionConfiguration::environment_proxies(bool value) {
  change().environment_proxies = value;
  return *this;
}

SessionConfiguration& SessionConfiguration::user_agent(std::string text) {
  change().user_agent = std::move(text);
  return *this;
}

SessionConfiguration& SessionConfiguration::field(std::string_view name, std::string_view value) {
  SessionFacts& facts = change();
  if (auto put = facts.fields.set(name, value); !put.has_value() && !facts.error)
    facts.error = put.error();
  const bool is_for_proxies = wire::equal_without_case(name, "proxy-authorization");
  if ((wire::is_hop_field(name) || is_for_proxies) && !facts.error)
    facts.error =
        Error(ErrorKind::invalid_argument, "session", "this field is written by the session itself")
            .about(std::string(name));
  return *this;
}

SessionConfiguration& SessionConfiguration::cookies(bool value) {
  change().cookies = value;
  return *this;
}

SessionConfiguration& SessionConfiguration::store(std::string path) {
  change().store = std::move(path);
  return *this;
}

SessionConfiguration& SessionConfiguration::cache_octets(std::size_t octets_max) {
  change().cache_octets = octets_max;
  return *this;
}

SessionConfiguration& SessionConfiguration::credential(std::string_view origin,
                                                       const Credential& credential) {
  SessionFacts& facts = change();
  const auto url = Url::parse(origin);
  if (!url.has_value()) {
    if (!facts.error) facts.error = url.error();
    return *this;
  }
  facts.credentials.insert_or_assign(url->origin(), credential);
  return *this;
}

SessionConfiguration& SessionConfiguration::on_authentication(
    std::function<std::optional<Credential>(const AuthenticationQuestion&)> handler) {
  change().on_authentication = std::move(handler);
  return *this;
}

SessionConfiguration& SessionConfiguration::connections_per_host_max(std::size_t count) {
  change().per_host_max = std::max<std::size_t>(1, count);
  return *this;
}

SessionConfiguration& SessionConfiguration::connections_max(std::size_t count) {
  change().connections_max = std::max<std::size_t>(1, count);
  return *this;
}

SessionConfiguration& SessionConfiguration::connection_idle_timeout(Duration value) {
  change().connection_idle = bounded(value);
  return *this;
}

SessionConfiguration& SessionConfiguration::idle_timeout(Duration value) {
  change().idle_timeout = bounded(value);
  return *this;
}

SessionConfiguration& SessionConfiguration::total_timeout(Duration value) {
  change().total_timeout = bounded(value);
  return *this;
}

SessionConfiguration& SessionConfiguration::redirects_max(std::size_t hops) {
  change().redirects_max = hops;
  return *this;
}

SessionConfiguration& SessionConfiguration::versions(HttpChoice choice) {
  change().versions = choice;
  return *this;
}

}  // namespace bowline
