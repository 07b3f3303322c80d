#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <bowline/address.h>
#include <bowline/endpoint.h>

#include "core/eyeballs/race.h"
#include "drive/establish/candidates/candidate.h"
#include "drive/establish/candidates/layer.h"
#include "ports/stream_socket.h"

namespace bowline::drive {

enum class Transport : std::uint8_t { tcp, udp };

class DatagramProtocol;
struct Approach;

/// Makes a candidate that is more than a transport and layers on it, such as a stream of a QUIC connection.
using CandidateFactory = std::function<std::unique_ptr<StreamCandidate>(const Approach& approach)>;

/// One way to speak to a peer: HTTP/3 over QUIC, or HTTP/2 over TLS over TCP.
struct StackAlternative {
  /// As what it races, and what a service record must offer for it to be tried there.
  core::CandidateProtocol protocol = core::CandidateProtocol::tcp;
  Transport transport = Transport::tcp;
  /// Above the transport, bottom first.
  std::vector<Layer> layers = {};
  /// Of UDP: what stands between its messages and its datagrams; null for UDP itself.
  std::shared_ptr<const DatagramProtocol> datagrams = {};
  /// What it speaks in the end, best first; empty if it does not care.
  std::vector<std::string> alpn = {};
  /// A layer uses the ECHConfigList of service records.
  bool understands_ech = false;
  /// Where the race leads instead of to the peer: a proxy, which `make_bottom` gets through. Null: the peer.
  std::shared_ptr<const Endpoint> towards = {};
  /// Makes what the layers stand on; unset: a TCP connection.
  CandidateFactory make_bottom = {};
};

/// One attempt: by which alternative, from where and to where. Borrowed for the call that it is given to.
struct Approach {
  Loop& loop;
  const StackAlternative& alternative;
  const SocketAddress& remote;
  const ports::Binding& binding;
  const Endpoint& endpoint;          ///< as the user wrote it
  const std::string& target;         ///< the name that a service record leads to, or the host's own
  const core::RaceService* service;  ///< the record that led here; null if none did
};

/// What the layers of an attempt are told.
[[nodiscard]] LayerContext make_context(const Approach& approach);

/// The candidate of an attempt that ends up as a byte stream: TCP, or what the alternative says, and
/// its layers. `early_data` as in LayerContext.
[[nodiscard]] std::unique_ptr<StreamCandidate> make_stream_candidate(
    const Approach& approach, const ports::StreamOptions& options,
    std::vector<std::byte> early_data = {});

/// The same for a stream that was accepted: it shakes hands as the server, with the alternative's layers.
[[nodiscard]] std::unique_ptr<StreamCandidate> make_accepted_stream_candidate(
    Loop& loop, const StackAlternative& alternative, std::unique_ptr<ports::ByteStream> stream);

}  // namespace bowline::drive
