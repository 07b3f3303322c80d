#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dns/resolver.h"

namespace bowline::core {

/// Names that DNS servers are not asked about.
///
/// source    RFC 6761 (localhost, invalid), RFC 6762 sections 3 and 4 (local, link-local reverse), RFC
/// 7686 (onion)
enum class SpecialName : std::uint8_t { none, localhost, invalid, onion, multicast };

/// Which names are special on this host.
///
/// `localhost`, `invalid` and `onion` always are. Multicast DNS has names of two labels such as
/// `printer.local`, and link-local reverse names, while something on this host speaks it; where nothing
/// does, servers are asked, as getaddrinfo does. Names under a configured search domain, and longer ones
/// below `local`, are some site's own zone: clusters and old directories have such.
class SpecialNames {
 public:
  SpecialNames() = default;
  explicit SpecialNames(const ResolverConfig& config);

  [[nodiscard]] SpecialName kind_of(const wire::DnsName& name) const;
  /// The answer about a special name, made here; nothing for `none`.
  [[nodiscard]] std::optional<Answer> answer(const wire::DnsName& name,
                                             wire::RecordType type) const;
  /// Why a name below `local` is asked of servers, as a sentence for people; empty for other names.
  [[nodiscard]] std::string why_asked(const wire::DnsName& name) const;

 private:
  [[nodiscard]] const wire::DnsName* search_domain_of(const wire::DnsName& name) const;

  bool multicast_dns_ = false;
  std::vector<wire::DnsName> search_domains_;  // below local
};

/// The answer of the hosts file; nothing if it does not say. A name with an address of one family has
/// none of the other, and no service records that could lead around it. An address has the names of its
/// lines.
[[nodiscard]] std::optional<Answer> hosts_answer(HostsFile& hosts, const wire::DnsName& name,
                                                 wire::RecordType type);

/// The answer about an address written as text.
[[nodiscard]] Answer literal_answer(const IpAddress& address, wire::RecordType type);

}  // namespace bowline::core
