#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <bowline/address.h>
#include <bowline/result.h>

#include "ports/byte_stream.h"

namespace bowline::drive {

class Loop;

/// On which side of the stream a layer works.
enum class LayerRole : std::uint8_t { client, server };

/// What a layer is told of the stream that it is made for. One for all layers of an attempt, or of an
/// accepted connection.
struct LayerContext {
  Loop& loop;
  LayerRole role = LayerRole::client;
  /// The peer's name or address as the user wrote it; empty for an accepted connection.
  std::string host = {};
  SocketAddress remote = {};
  /// The peer's port as the user wrote it: `remote` may be a proxy's; 0 for an accepted connection.
  std::uint16_t port = 0;
  /// The name that a service record leads to, or the host; empty for an address and for an accepted
  /// connection.
  std::string target = {};
  /// The ALPN names to offer, best first; empty = no ALPN.
  std::vector<std::string> alpn = {};
  /// The ECHConfigList of the service record, as it came; empty if there was none (RFC 9848).
  std::vector<std::byte> ech = {};
  /// For the highest layer only: the first bytes of the stream, which may arrive twice without harm and
  /// so may travel with the handshake.
  std::vector<std::byte> early_data = {};
};

/// A byte stream on another one that shakes hands before it carries anything: TLS, or a proxy's tunnel.
///
/// It owns the stream below and observes it. Until the handshake is done it passes every readiness
/// report from below on to its own observer, and reports nothing else; afterwards it keeps the contract
/// of ByteStream.
class HandshakingStream : public ports::ByteStream {
 public:
  /// Goes on with the handshake as far as the stream below lets it; true once it is done. Called first
  /// when the stream is made, and then after each report of readiness, until it is done or failed. It
  /// may have read bytes that follow the handshake: whoever takes the stream reads once without being
  /// told to.
  ///
  /// errors    the handshake failed; the stream is of no further use
  [[nodiscard]] virtual Result<bool> shake_hands() = 0;
  /// Once that is done: how much of the context's early data the peer has taken; all or nothing. Those bytes
  /// are not to be written again.
  [[nodiscard]] virtual std::size_t early_bytes_taken() const { return 0; }
};

/// Makes the stream of one layer on a stream that is ready. The context is borrowed for the call.
///
/// errors    the layer cannot be used, such as for an option that it does not have
using LayerFactory = std::function<Result<std::unique_ptr<HandshakingStream>>(
    const LayerContext& context, std::unique_ptr<ports::ByteStream> below)>;

/// One protocol above a transport in a stack.
struct Layer {
  std::string name;  ///< "tls": for reports and errors
  LayerFactory make_stream;
  /// Asked once when a listener is opened with it, so that options that cannot serve anybody are told
  /// at once; unset if there are none.
  std::function<Result<void>(Loop& loop)> check_listener = {};
};

}  // namespace bowline::drive
