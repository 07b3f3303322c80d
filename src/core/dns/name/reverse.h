#pragma once

#include <optional>

#include <bowline/address.h>

#include "wire/dns/name.h"

namespace bowline::core {

/// The name under which an address has its PTR records: 192.0.2.1 is 1.2.0.192.in-addr.arpa. A zone is
/// left out.
///
/// source    RFC 1035 3.5, RFC 3596 2.5
[[nodiscard]] wire::DnsName reverse_name(const IpAddress& address);

/// The address that a name of that form stands for.
[[nodiscard]] std::optional<IpAddress> reversed_address(const wire::DnsName& name);

}  // namespace bowline::core
