#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>

#include "ports/network.h"

namespace bowline::linux_host {

/// A host with more, such as a router with the whole Internet's table, keeps the first ones.
inline constexpr std::size_t routes_max = 65'536;

// What rtnetlink(7) messages say, added to a snapshot in the making. A message without what it must have adds
// nothing.

/// RTM_NEWLINK.
///
/// returns   true if it was a piece of Ethernet-like hardware, which can be anything from Wi-Fi to a modem
bool add_link(const nlmsghdr& message, ports::NetworkSnapshot& into);
/// RTM_NEWADDR; its interface must have been added.
void add_address(const nlmsghdr& message, ports::NetworkSnapshot& into);
/// RTM_NEWROUTE; unicast routes of the main table, one for each next hop.
void add_route(const nlmsghdr& message, ports::NetworkSnapshot& into);

}  // namespace bowline::linux_host
