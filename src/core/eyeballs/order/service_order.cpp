#include "core/eyeballs/order/service_order.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "base/mix.h"
#include "core/eyeballs/order/alpn_match.h"

namespace bowline::core {

namespace {

// Beyond every 16-bit priority of a record.
constexpr std::uint32_t priority_without_record = 0x1'0000;
constexpr std::uint32_t priority_of_origin = 0x1'0001;

/// FNV-1a, then SplitMix64's mixer: the same everywhere, and even in every bit.
std::uint64_t shuffle_value(std::uint64_t seed, std::string_view target, std::uint16_t port) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed ^ port;
  for (const char letter : target)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return mix(hash);
}

class Grouping {
 public:
  Grouping(const Race::Target& target, Family preferred, const Lookups& lookups,
           std::vector<ServiceGroup>& groups)
      : target_(target), preferred_(preferred), lookups_(lookups), groups_(groups) {}

  void add_service(const LookupService& service, std::uint64_t seed) {
    const RaceService& record = *service.record;
    const std::uint16_t port = record.port.value_or(target_.port);
    origin_described_ = origin_described_ || (service.target == 0 && port == target_.port);
    end_described_ =
        end_described_ || (service.target == lookups_.chain_end() && port == target_.port);
    if ((target_.require_ech && record.ech.empty()) || !speaks_any(record)) return;
    ServiceGroup& group = add(service.target, port, record.priority);
    group.service = &service;
    group.shuffle = shuffle_value(seed, record.target, port);
    const LookupName& name = lookups_.names()[service.target];
    for (const Family family : {Family::ipv4, Family::ipv6})
      use_hints(group, name, service, family);
  }

  /// The end of a chain of aliases without a record, and the name itself, as if there were no
  /// service records.
  void add_names() {
    if (target_.require_ech) return;
    const NameIndex end = lookups_.chain_end();
    if (end != 0 && !end_described_) add(end, target_.port, priority_without_record);
    // A record that speaks about the same name and port has had the last word on it.
    if (!origin_described_) add(0, target_.port, priority_of_origin);
  }

 private:
  [[nodiscard]] bool speaks_any(const RaceService& record) const {
    return std::ranges::any_of(target_.protocols, [&](CandidateProtocol protocol) {
      return service_speaks(record, protocol, target_.alpn);
    });
  }

  ServiceGroup& add(NameIndex index, std::uint16_t port, std::uint32_t priority) {
    const LookupName& name = lookups_.names()[index];
    const LookupQuery& preferred = name.query(preferred_);
    ServiceGroup& group = groups_.emplace_back();
    group.name = index;
    group.port = port;
    group.priority = priority;
    group.addresses = {&name.addresses[0], &name.addresses[1]};
    group.is_preferred_settled = preferred.is_answered || !preferred.is_asked;
    group.is_pending = name.query(Family::ipv4).is_pending || name.query(Family::ipv6).is_pending;
    return group;
  }

  /// Hints stand in until the name itself has spoken, or if it cannot be asked (RFC 9460 7.3).
  void use_hints(ServiceGroup& group, const LookupName& name, const LookupService& service,
                 Family family) const {
    const auto side = static_cast<std::size_t>(family);
    const bool usable = family == Family::ipv6 ? target_.ask_ipv6 : target_.ask_ipv4;
    const bool hinted = !service.hints[side].empty();
    if (!usable || !hinted || !name.addresses[side].empty() ||
        name.query(family).is_authoritative())
      return;
    group.addresses[side] = &service.hints[side];
    if (family == preferred_) group.is_preferred_settled = true;
  }

  const Race::Target& target_;
  Family preferred_;
  const Lookups& lookups_;
  std::vector<ServiceGroup>& groups_;
  bool origin_described_ = false;
  bool end_described_ = false;
};

}  // namespace

void order_services(const Race::Target& target, Family preferred_family, const Lookups& lookups,
                    std::uint64_t shuffle_seed, std::vector<ServiceGroup>& groups) {
  groups.clear();
  Grouping grouping(target, preferred_family, lookups, groups);
  for (const LookupService& service : lookups.names()[lookups.chain_end()].services)
    grouping.add_service(service, shuffle_seed);
  grouping.add_names();
  // To sort one it would allocate, too.
  if (groups.size() == 1) return;
  std::ranges::stable_sort(groups, {}, [](const ServiceGroup& group) {
    return std::tuple(group.priority, group.shuffle);
  });
}

}  // namespace bowline::core
