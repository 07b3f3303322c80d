#include "session/client/proxy_book.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace bowline::session {

bool is_this_host(const Url& url) {
  if (const auto& address = url.address()) return address->is_loopback();
  return url.host() == "localhost" || url.host().ends_with(".localhost");
}

ProxyBook::ProxyBook(const std::vector<ProxyRule>& rules, bool hears_environment,
                     const std::function<std::string(const char* name)>& variable) {
  for (const ProxyRule& said : rules) {
    Rule rule;
    for (const Proxy& proxy : said.proxies()) {
      rule.ways.emplace_back(known_.size());
      known_.push_back({proxy});
    }
    if (said.allows_direct() || said.proxies().empty()) rule.ways.emplace_back(std::nullopt);
    if (said.hosts()) rule.hosts.emplace(*said.hosts());
    rule.exceptions = core::HostList(said.exceptions());
    rule.scheme = said.scheme();
    rules_.push_back(std::move(rule));
  }
  if (hears_environment) read_environment(variable);
}

Result<std::vector<ProxyBook::Way>> ProxyBook::ways_to(const Url& url, Instant now) const {
  const std::uint16_t port = url.effective_port().value_or(0);
  for (const Rule& rule : rules_) {
    if (!rule.scheme.empty() && rule.scheme != url.scheme()) continue;
    if (rule.hosts && !rule.hosts->contains(url.host(), port)) continue;
    if (rule.exceptions.contains(url.host(), port)) continue;
    if (rule.spares_this_host && is_this_host(url)) continue;
    if (rule.error) return *rule.error;
    std::vector<Way> ways = rule.ways;
    std::ranges::stable_partition(ways, [&](const Way& way) {
      const auto failed_at = way ? known_[*way].failed_at : std::nullopt;
      return way && (!failed_at || *failed_at + failure_lasts <= now);
    });
    // The direct way is the last resort, and is never taken in front of a proxy that failed a while ago.
    std::ranges::stable_partition(ways, [](const Way& way) { return way.has_value(); });
    return ways;
  }
  return std::vector<Way>{std::nullopt};
}

void ProxyBook::set_credential(std::size_t number, const std::string& username,
                               const std::string& password) {
  known_[number].proxy.credential(username, password);
  ++known_[number].version;
}

void ProxyBook::read_environment(const std::function<std::string(const char* name)>& variable) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* const name : names)
      if (std::string text = variable(name); !text.empty()) return text;
    return std::string();
  };
  const core::HostList exceptions(first_of({"no_proxy", "NO_PROXY"}));
  add_from_environment("https", first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
                       exceptions);
  add_from_environment("http", first_of({"http_proxy", "all_proxy", "ALL_PROXY"}), exceptions);
}

void ProxyBook::add_from_environment(std::string_view scheme, const std::string& text,
                                     const core::HostList& exceptions) {
  if (text.empty()) return;
  Rule rule;
  rule.scheme = scheme;
  rule.exceptions = exceptions;
  rule.spares_this_host = true;
  if (auto proxy = Proxy::parse(text); proxy.has_value()) {
    rule.ways.emplace_back(known_.size());
    known_.push_back({*std::move(proxy)});
  } else {
    // Going the direct way instead might tell somebody what he was not to hear.
    rule.error =
        Error(proxy.error().kind(), "proxy",
              "the environment names a proxy for " + std::string(scheme) + " that is none");
  }
  rules_.push_back(std::move(rule));
}

}  // namespace bowline::session
