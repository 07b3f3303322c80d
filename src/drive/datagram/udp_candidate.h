#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "drive/datagram/layered_flow.h"
#include "drive/datagram/udp_port.h"
#include "drive/establish/candidates/candidate.h"

namespace bowline::drive {

/// What a flow is made of that we open.
class UdpCandidate : public Candidate {
 public:
  [[nodiscard]] virtual detail::Ref<UdpPort> take_port() = 0;
  /// Null if there is no layer.
  [[nodiscard]] virtual std::unique_ptr<LayeredFlow> take_layered() { return nullptr; }
  /// Messages that came behind the handshake.
  [[nodiscard]] virtual std::vector<ports::ReceivedRun> take_received() { return {}; }
  [[nodiscard]] virtual SocketAddress remote() const = 0;
};

/// A socket with a route to the peer is all that UDP needs: the candidate is ready at once.
[[nodiscard]] std::unique_ptr<UdpCandidate> make_udp_candidate(Loop& loop,
                                                               ports::DatagramOptions options);
/// The layer's handshake goes on over the socket until it is open.
[[nodiscard]] std::unique_ptr<UdpCandidate> make_layered_candidate(
    Loop& loop, ports::DatagramOptions options, std::shared_ptr<const DatagramProtocol> protocol,
    LayerContext context);

}  // namespace bowline::drive
