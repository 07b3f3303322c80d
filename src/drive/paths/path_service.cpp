#include "drive/paths/path_service.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <bowline/detail/facts.h>

#include "drive/naming/name_service.h"
#include "drive/paths/path_requirements.h"

namespace bowline::drive {

namespace {

constexpr std::size_t rules_bytes_max = 64 * 1024;
constexpr std::size_t link_file_bytes_max = 16 * 1024;

std::vector<core::PathLink> links_of(const ports::NetworkSnapshot& snapshot,
                                     const std::vector<core::LinkFacts>& facts);
std::vector<core::PathRoute> routes_of(const ports::NetworkSnapshot& snapshot);
Route to_public_route(const ports::Route& route);
bool is_below(std::string_view name, std::string_view domain);

}  // namespace

const core::NetworkView& PathService::network() {
  refresh();
  return network_;
}

void PathService::add_observer(PathObserver& observer) {
  loop_.host().network().watch_settings();
  observers_.push_back(observer);
}

void PathService::handle_network_change(const NetworkChange& /*change*/) {
  is_stale_ = true;
  observers_.for_each([](PathObserver& observer) { observer.handle_paths_changed(); });
}

/// While the host cannot be asked, what is known stays known.
void PathService::refresh() {
  is_stale_ = false;
  auto snapshot = loop_.host().network().snapshot();
  if (!snapshot.has_value() || *snapshot == snapshot_) return;
  snapshot_ = *std::move(snapshot);
  read_settings(*snapshot_);
  lay_out();
}

void PathService::read_settings(const ports::NetworkSnapshot& snapshot) {
  read_rules();
  facts_.clear();
  has_ultra_constrained_ = has_domains_ = false;
  for (const ports::Interface& interface : snapshot.interfaces) {
    facts_.push_back(read_facts(interface));
    const core::LinkFacts& known = facts_.back();
    has_ultra_constrained_ = has_ultra_constrained_ || known.ultra_constrained.value_or(false);
    has_domains_ = has_domains_ || (!known.dns_domains.empty() && !known.dns_servers.empty());
  }
}

void PathService::read_rules() {
  ports::Files& files = loop_.host().files();
  const std::uint64_t version = files.version(ports::NetworkSettings::interfaces);
  if (rules_version_ == version) return;
  auto text = version == 0 ? Result<std::string>(std::string())
                           : files.read(ports::NetworkSettings::interfaces, rules_bytes_max);
  // Where descriptors have run out, it is read after the next change.
  if (!text.has_value() && text.error().kind() == ErrorKind::resources_exhausted) return;
  rules_version_ = version;
  rules_ = core::LinkRules(text.has_value() ? *text : std::string());
  if (!loop_.tracer().is_on()) return;
  for (const std::string& warning : rules_.warnings()) {
    std::string words(ports::NetworkSettings::interfaces);
    words.append(": ").append(warning);
    loop_.tracer().emit(loop_.now(), "N",
                        {core::TraceKind::config_unused, std::move(words), std::nullopt});
  }
}

/// Each source overrules those before it: the kernel, systemd, the administrator.
core::LinkFacts PathService::read_facts(const ports::Interface& interface) {
  ports::Files& files = loop_.host().files();
  core::LinkFacts facts;
  for (const char* folder :
       {ports::NetworkSettings::networkd_links, ports::NetworkSettings::resolved_links}) {
    const std::string file = std::string(folder) + "/" + std::to_string(interface.index);
    if (files.version(file) == 0) continue;
    const auto text = files.read(file, link_file_bytes_max);
    if (!text.has_value()) continue;  // it went, or is not for us
    core::LinkFacts said;
    core::read_link_file(*text, said);
    if (!said.dns_servers.empty()) facts.dns_servers = std::move(said.dns_servers);
    if (!said.dns_domains.empty()) facts.dns_domains = std::move(said.dns_domains);
  }
  rules_.apply(interface.name, facts);
  // A server on the link itself has to be asked over it.
  for (SocketAddress& server : facts.dns_servers)
    if (server.ip.is_v6() && server.ip.is_link_local())
      server.ip = server.ip.with_scope(interface.index);
  const InterfaceType type = facts.type.value_or(interface.type);
  if (!facts.expensive) facts.expensive = interface.expensive || type == InterfaceType::cellular;
  if (!facts.constrained) facts.constrained = interface.constrained;
  return facts;
}

void PathService::lay_out() {
  network_ = core::NetworkView(links_of(*snapshot_, facts_), routes_of(*snapshot_));
}

bool PathService::is_on_link(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  if (plain.is_loopback() || network().owner_of(plain) != nullptr) return true;
  const auto routes = network_.routes_to(plain);
  return !routes.empty() && !routes.front()->has_gateway;
}

const core::LinkFacts* PathService::facts_of(std::uint32_t index) {
  refresh();
  return known_facts_of(index);
}

const core::LinkFacts* PathService::known_facts_of(std::uint32_t index) const {
  if (!snapshot_) return nullptr;
  const ports::Interface* const found = snapshot_->find(index);
  return found != nullptr ? &facts_[static_cast<std::size_t>(found - snapshot_->interfaces.data())]
                          : nullptr;
}

std::uint32_t PathService::link_of_name(std::string_view name) {
  refresh_if_told();
  if (!has_domains_) return 0;
  if (name.ends_with('.')) name.remove_suffix(1);
  std::uint32_t best = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const ports::Interface& interface = snapshot_->interfaces[i];
    if (!interface.up || facts_[i].dns_servers.empty()) continue;
    for (const std::string& domain : facts_[i].dns_domains) {
      if (domain.size() <= longest || !is_below(name, domain)) continue;
      best = interface.index;
      longest = domain.size();
    }
  }
  return best;
}

Result<Path> PathService::whole_path() {
  BOWLINE_TRY([[maybe_unused]] const Snapshot snapshot, loop_.host().network().snapshot());
  const core::PathEvaluation evaluation = core::evaluate_path(network(), {}, {});
  Path::Facts path = describe(evaluation);
  path.interfaces.clear();
  path.routes.clear();
  for (const ports::Interface& interface : snapshot_->interfaces)
    path.interfaces.push_back(to_public(interface));
  for (const ports::Route& route : snapshot_->routes) path.routes.push_back(to_public_route(route));
  path.dns_servers.clear();
  path.search_domains.clear();
  add_resolvers(path);
  return Path(std::move(path));
}

Path PathService::path_towards(const std::optional<Endpoint>& endpoint,
                               const core::PathRequirements& requirements) {
  const core::NetworkView& view = network();
  return Path(describe(core::evaluate_path(view, requirements, target_of(endpoint))));
}

Path PathService::path_of(const core::PathEvaluation& evaluation) {
  refresh();
  return Path(describe(evaluation));
}

Path PathService::path_over(std::uint32_t index) {
  core::PathEvaluation path;
  if (const core::PathLink* const link = network().find(index)) {
    core::PathRequirements only;
    only.interface = link->name;
    only.allow_ultra_constrained = true;
    path = core::evaluate_path(network_, only, {});
    path.links = {index};
  } else {
    path.obstacles = {{PathProblem::interface_missing, index, {}}};
  }
  return Path(describe(path));
}

core::PathTarget PathService::target_of(const std::optional<Endpoint>& endpoint) {
  core::PathTarget target;
  if (!endpoint) return target;
  if (endpoint->is_address()) {
    target.address = endpoint->address().ip.unmapped();
    // A zone that is not there leads nowhere, which the evaluation finds out by itself.
    constexpr std::uint32_t no_link = 0xffffffff;
    if (!endpoint->zone().empty()) {
      const core::PathLink* const link = network_.find(endpoint->zone());
      target.address = target.address->with_scope(link != nullptr ? link->index : no_link);
    }
    return target;
  }
  const bool is_own = endpoint->host() == "localhost" || is_below(endpoint->host(), "localhost");
  const auto has_servers = [](const core::LinkFacts& facts) { return !facts.dns_servers.empty(); };
  if (is_own) {
    target.address = IpAddress::loopback(Family::ipv4);
  } else if (std::ranges::none_of(facts_, has_servers)) {
    const auto& entries = loop_.names().config().entries;
    target.lacks_resolver = std::ranges::all_of(
        entries, [](const core::ResolverEntry& entry) { return entry.servers.empty(); });
  }
  return target;
}

Interface PathService::to_public(const ports::Interface& interface) const {
  Interface::Facts facts{interface.index,
                         interface.name,
                         interface.type,
                         interface.up,
                         interface.running,
                         interface.mtu,
                         {}};
  for (const ports::InterfaceAddress& one : interface.addresses)
    facts.addresses.emplace_back(InterfaceAddress::Facts{one.prefix, one.address, one.deprecated,
                                                         one.temporary, one.tentative});
  if (const core::LinkFacts* const known = known_facts_of(interface.index)) {
    facts.type = known->type.value_or(interface.type);
    facts.expensive = known->expensive.value_or(false);
    facts.constrained = known->constrained.value_or(false);
    facts.ultra_constrained = known->ultra_constrained.value_or(false);
    facts.dns_servers = known->dns_servers;
    facts.dns_domains = known->dns_domains;
    facts.nat64_prefix = known->nat64_prefix;
  }
  return Interface(std::move(facts));
}

/// The DNS is that of the link that is used first, if it has some of its own.
Path::Facts PathService::describe(const core::PathEvaluation& evaluation) {
  Path::Facts path;
  path.satisfied = evaluation.is_satisfied();
  path.supports_ipv4 = evaluation.ipv4;
  path.supports_ipv6 = evaluation.ipv6;
  for (const core::PathObstacle& obstacle : evaluation.obstacles)
    path.unsatisfied_reasons.push_back(to_reason(obstacle));
  for (const std::uint32_t index : evaluation.links) {
    if (const ports::Interface* const found = snapshot_->find(index))
      path.interfaces.push_back(to_public(*found));
  }
  if (snapshot_) {
    for (const ports::Route& route : snapshot_->routes)
      if (std::ranges::find(evaluation.links, route.interface_index) != evaluation.links.end())
        path.routes.push_back(to_public_route(route));
  }
  if (!path.interfaces.empty()) {
    path.dns_servers = path.interfaces.front().dns_servers();
    path.search_domains = path.interfaces.front().dns_domains();
  }
  if (path.dns_servers.empty()) add_resolvers(path);
  path.supports_dns = !path.dns_servers.empty();
  return path;
}

/// Those of the host.
void PathService::add_resolvers(Path::Facts& path) {
  for (const core::ResolverEntry& entry : loop_.names().config().entries) {
    path.dns_servers.insert(path.dns_servers.end(), entry.servers.begin(), entry.servers.end());
    path.search_domains.insert(path.search_domains.end(), entry.search.begin(), entry.search.end());
  }
  path.supports_dns = !path.dns_servers.empty();
}

namespace {

std::vector<core::PathLink> links_of(const ports::NetworkSnapshot& snapshot,
                                     const std::vector<core::LinkFacts>& facts) {
  std::vector<core::PathLink> links;
  links.reserve(snapshot.interfaces.size());
  for (std::size_t i = 0; i < snapshot.interfaces.size(); ++i) {
    const ports::Interface& interface = snapshot.interfaces[i];
    core::PathLink& link = links.emplace_back();
    link.index = interface.index;
    link.name = interface.name;
    link.type = facts[i].type.value_or(interface.type);
    link.up = interface.up;
    link.running = interface.running;
    link.expensive = facts[i].expensive.value_or(false);
    link.constrained = facts[i].constrained.value_or(false);
    link.ultra_constrained = facts[i].ultra_constrained.value_or(false);
    for (const ports::InterfaceAddress& one : interface.addresses)
      if (!one.tentative) link.addresses.push_back(one.address);
  }
  return links;
}

std::vector<core::PathRoute> routes_of(const ports::NetworkSnapshot& snapshot) {
  std::vector<core::PathRoute> routes;
  routes.reserve(snapshot.routes.size());
  for (const ports::Route& route : snapshot.routes)
    routes.push_back(
        {route.destination, route.interface_index, route.metric, route.gateway.has_value()});
  return routes;
}

Route to_public_route(const ports::Route& route) {
  return Route(Route::Facts{route.destination, route.gateway, route.interface_index, route.metric});
}

/// The domain itself, or a name below it; by ASCII, as DNS compares.
bool is_below(std::string_view name, std::string_view domain) {
  if (name.size() < domain.size()) return false;
  const std::string_view end = name.substr(name.size() - domain.size());
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (!std::ranges::equal(end, domain, {}, lower, lower)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

}  // namespace bowline::drive
