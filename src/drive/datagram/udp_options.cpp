#include "drive/datagram/udp_options.h"

namespace bowline::drive {

void set_udp_options(const UdpOptions& udp, ports::DatagramOptions& into) {
  into.receive_buffer_bytes = udp.receive_buffer_bytes();
  into.hop_limit = udp.hop_limit();
  into.ecn = udp.ecn();
  into.fragmentation =
      udp.dont_fragment() ? ports::Fragmentation::refuse : ports::Fragmentation::allow;
  const bool wanted = udp.receive_facts();
  into.receive = {wanted, wanted, wanted};
}

}  // namespace bowline::drive
