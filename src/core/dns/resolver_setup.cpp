#include "core/dns/resolver_setup.h"

#include <algorithm>
#include <utility>

#include "core/dns/answer.h"
#include "core/dns/host_files/hosts_file.h"
#include "core/dns/name/search.h"

namespace bowline::core {

namespace {

constexpr std::size_t servers_max = 8;
constexpr std::size_t suffixes_max = 32;

/// resolv.conf(5): whom to ask when no server is configured.
SocketAddress server_of_this_host() { return {IpAddress::loopback(Family::ipv4), 53}; }

}  // namespace

std::vector<ResolverScope> ResolverSetup::configure(ResolverConfig next) {
  for (ResolverEntry& entry : next.entries) {
    entry.servers.resize(std::min(entry.servers.size(), servers_max));
    entry.search.resize(std::min(entry.search.size(), suffixes_max));
  }
  const std::vector<ResolverEntry> before = std::exchange(config_, std::move(next)).entries;
  special_ = SpecialNames(config_);
  std::vector<ResolverScope> changed;
  for (const ResolverEntry& entry : before) {
    const ResolverEntry* now = entry_of(entry.scope);
    if (now == nullptr || *now != entry) changed.push_back(entry.scope);
  }
  return changed;
}

const ResolverEntry* ResolverSetup::entry_of(ResolverScope scope) const {
  const auto found = std::ranges::find(config_.entries, scope, &ResolverEntry::scope);
  return found == config_.entries.end() ? nullptr : &*found;
}

std::vector<SocketAddress> ResolverSetup::servers_of(ResolverScope scope) const {
  const ResolverEntry* entry = entry_of(scope);
  if (entry == nullptr) return {};
  return entry->servers.empty() ? std::vector{server_of_this_host()} : entry->servers;
}

std::uint32_t ResolverSetup::interface_index(ResolverScope scope) const {
  const ResolverEntry* entry = entry_of(scope);
  return entry == nullptr ? 0 : entry->interface_index;
}

std::vector<wire::DnsName> ResolverSetup::candidates(const Resolver::Lookup& request,
                                                     const wire::DnsName& name) const {
  const ResolverEntry* entry = entry_of(request.scope);
  if (!request.use_search || entry == nullptr || is_absolute(request.name)) return {name};
  return search_candidates(name, entry->search, {config_.ndots, config_.bare_labels}, special_);
}

std::optional<Answer> ResolverSetup::local_answer(const Resolver::Lookup& request,
                                                  const wire::DnsName& name,
                                                  wire::RecordType type) const {
  const bool hosts_count = !request.server.has_value() && request.use_cache &&
                           !request.whole_reply && config_.hosts != nullptr;
  // RFC 6762 section 3 is about what is asked of servers; the file asks nobody.
  const SpecialName kind = special_.kind_of(name);
  if (hosts_count && (kind == SpecialName::none || kind == SpecialName::multicast))
    if (auto answer = hosts_answer(*config_.hosts, name, type)) return answer;
  if (auto answer = special_.answer(name, type)) return answer;
  if (!config_.no_aaaa || type != wire::RecordType::aaaa || request.server.has_value())
    return std::nullopt;
  return failed_answer(type, name, AnswerStatus::nodata,
                       answer_error(AnswerStatus::nodata, to_string(name),
                                    "IPv6 addresses are not asked for: resolv.conf has the option "
                                    "no-aaaa"));
}

std::vector<SocketAddress> ResolverSetup::rotated(std::vector<SocketAddress> servers) {
  if (config_.rotate)
    std::ranges::rotate(
        servers, servers.begin() + static_cast<std::ptrdiff_t>(rotation_++ % servers.size()));
  return servers;
}

}  // namespace bowline::core
