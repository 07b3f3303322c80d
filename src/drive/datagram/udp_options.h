#pragma once

#include <bowline/parameters.h>

#include "ports/datagram_socket.h"

namespace bowline::drive {

/// What a UDP stack's options say about its socket.
void set_udp_options(const UdpOptions& udp, ports::DatagramOptions& into);

}  // namespace bowline::drive
