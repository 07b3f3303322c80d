#include "core/path/link_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/escape.h"
#include "core/dns/host_files/config_text.h"

namespace bowline::core {

namespace {

constexpr std::uint16_t dns_port = 53;

bool fits(std::string_view pattern, std::string_view name);
std::optional<InterfaceType> type_named(std::string_view name);
std::optional<SocketAddress> server_in(std::string_view text);
bool add_server(std::string_view text, LinkFacts& facts);
bool add_domain(std::string_view text, LinkFacts& facts);
template <class Add>
void for_each_word(std::string_view text, LinkFacts& facts, Add add);

}  // namespace

LinkRules::LinkRules(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (rules_.size() == rules_max) {
      warn(number, "and what follows is too much");
      return;
    }
    read_line(line, number);
  }
}

void LinkRules::read_line(std::string_view line, std::size_t number) {
  const std::vector<std::string_view> words = words_of_line(line);
  if (words.empty()) return;
  Rule rule{std::string(words.front()), {}};
  if (words.size() == 1) warn(number, "says nothing about the interface");
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!read_word(words[i], rule.facts))
      warn(number, "\"" + escape(words[i], 64) + "\" means nothing");
  rules_.push_back(std::move(rule));
}

bool LinkRules::read_word(std::string_view word, LinkFacts& facts) {
  const bool value = !word.starts_with("not-");
  const std::string_view flag = value ? word : word.substr(4);
  if (flag == "expensive") return facts.expensive = value, true;
  if (flag == "constrained") return facts.constrained = value, true;
  if (flag == "ultra-constrained") return facts.ultra_constrained = value, true;
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = word.substr(0, equals);
  const std::string_view text = word.substr(equals + 1);
  if (key == "type") {
    facts.type = type_named(text);
    return facts.type.has_value();
  }
  if (key == "dns") return add_server(text, facts);
  if (key == "domain") return add_domain(text, facts);
  if (key != "nat64") return false;
  const auto prefix = IpPrefix::parse(text);
  if (!prefix.has_value() || prefix->address().is_v4()) return false;
  facts.nat64_prefix = *prefix;
  return true;
}

void LinkRules::warn(std::size_t number, std::string_view what) {
  if (warnings_.size() == warnings_max) return;
  warnings_.push_back("line " + std::to_string(number) + ": " + std::string(what));
}

void LinkRules::apply(std::string_view name, LinkFacts& facts) const {
  for (const Rule& rule : rules_) {
    if (!fits(rule.pattern, name)) continue;
    const LinkFacts& said = rule.facts;
    if (said.type) facts.type = said.type;
    if (said.expensive) facts.expensive = said.expensive;
    if (said.constrained) facts.constrained = said.constrained;
    if (said.ultra_constrained) facts.ultra_constrained = said.ultra_constrained;
    if (said.nat64_prefix) facts.nat64_prefix = said.nat64_prefix;
    if (!said.dns_servers.empty()) facts.dns_servers = said.dns_servers;
    if (!said.dns_domains.empty()) facts.dns_domains = said.dns_domains;
  }
}

void read_link_file(std::string_view text, LinkFacts& facts) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "SERVERS" || key == "DNS") for_each_word(value, facts, add_server);
    if (key == "DOMAINS" || key == "ROUTE_DOMAINS") for_each_word(value, facts, add_domain);
  }
}

namespace {

/// `*` stands for any characters. Each star takes as little as it can, which suffices if a later one may
/// take more.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;
  std::size_t star_end = 0;  // what the last star has taken so far
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star) {
      p = *star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<InterfaceType> type_named(std::string_view name) {
  using enum InterfaceType;
  for (const InterfaceType type : {other, wifi, cellular, wired, loopback, tunnel, peer_to_peer})
    if (to_string(type) == name) return type;
  return std::nullopt;
}

/// `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:53`, and behind that what resolved
/// adds: `%eth0`, which is the link itself, and `#name`, which the certificate of a server is for.
std::optional<SocketAddress> server_in(std::string_view text) {
  text = text.substr(0, text.find('#'));
  text = text.substr(0, text.find('%'));
  if (const auto plain = IpAddress::parse(text); plain.has_value())
    return SocketAddress(*plain, dns_port);
  const auto with_port = SocketAddress::parse(text);
  if (!with_port.has_value() || with_port->port == 0) return std::nullopt;
  return *with_port;
}

bool add_server(std::string_view text, LinkFacts& facts) {
  const auto server = server_in(text);
  if (!server || server->ip.is_unspecified() || server->ip.is_multicast()) return false;
  if (facts.dns_servers.size() < LinkFacts::servers_max &&
      std::ranges::find(facts.dns_servers, *server) == facts.dns_servers.end())
    facts.dns_servers.push_back(*server);
  return true;
}

/// A tilde before it says that it is for routing only. `~.` is every name: what the host's servers are asked
/// otherwise; that is a matter of routes, not of names, and adds nothing here.
bool add_domain(std::string_view text, LinkFacts& facts) {
  constexpr std::size_t name_bytes_max = 254;
  if (text.starts_with('~')) text.remove_prefix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > name_bytes_max || text.starts_with('.')) return false;
  if (facts.dns_domains.size() < LinkFacts::domains_max &&
      std::ranges::find(facts.dns_domains, text) == facts.dns_domains.end())
    facts.dns_domains.emplace_back(text);
  return true;
}

template <class Add>
void for_each_word(std::string_view text, LinkFacts& facts, Add add) {
  for (const std::string_view word : words_of_line(text)) static_cast<void>(add(word, facts));
}

}  // namespace

}  // namespace bowline::core
