#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/dns/resolver.h"

namespace bowline::core {

/// Names that DNS servers are never asked about.
///
/// source    RFC 6761 (localhost, invalid), RFC 6762 sections 3 and 4 (local, link-local reverse), RFC
/// 7686 (onion)
enum class SpecialName : std::uint8_t { none, localhost, invalid, onion, multicast };
[[nodiscard]] SpecialName special_name(const wire::DnsName& name);

/// The answer about a special name, made here; nothing for `none`.
[[nodiscard]] std::optional<Answer> special_answer(const wire::DnsName& name,
                                                   wire::RecordType type);

/// The answer of the hosts file; nothing if it does not say. A name with an address of one family has
/// none of the other, and no service records that could lead around it.
[[nodiscard]] std::optional<Answer> hosts_answer(const std::multimap<std::string, IpAddress>& hosts,
                                                 const wire::DnsName& name, wire::RecordType type);

/// The answer about an address written as text.
[[nodiscard]] Answer literal_answer(const IpAddress& address, wire::RecordType type);

}  // namespace bowline::core
