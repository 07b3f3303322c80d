#pragma once

#include <bowline/address.h>

namespace bowline::core {

/// The address is good everywhere in the Internet: it is neither of this host, nor of a link, nor of a
/// private network or a group, nor set aside for something else.
///
/// source    RFC 6890 and the registries that it made; RFC 4193, RFC 6598
[[nodiscard]] bool is_public(const IpAddress& address);

}  // namespace bowline::core
