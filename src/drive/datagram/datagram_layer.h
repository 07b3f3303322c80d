#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <bowline/buffer.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include "drive/establish/candidates/layer.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// A protocol between the messages of one flow and its datagrams, such as DTLS: it shakes hands, and
/// then makes a datagram of each message and a message of each datagram. It has no socket and no timer.
///
/// After each call its owner asks for packets, messages, progress() and deadline().
class DatagramLayer {
 public:
  /// Told of what happens outside of the owner's calls.
  class Observer {
   public:
    /// There may be packets and messages, or progress.
    virtual void handle_layer_progress() = 0;

   protected:
    ~Observer() = default;
  };
  enum class Progress : std::uint8_t { shakes_hands, open, ended };

  virtual ~DatagramLayer() = default;

  /// Once. `observer` outlives the layer.
  virtual void start(Observer& observer, Instant now) = 0;
  /// One datagram that came. What does not belong here is dropped without harm.
  virtual void take(std::span<const std::byte> datagram, Instant now) = 0;
  /// The next datagram of the layer's own: of its handshake, or its goodbye.
  [[nodiscard]] virtual std::optional<Buffer> poll_packet() = 0;
  /// The next message that came.
  [[nodiscard]] virtual std::optional<Buffer> poll_message() = 0;
  /// Messages and packets that are there come before the error and the end.
  ///
  /// errors    final
  [[nodiscard]] virtual Result<Progress> progress() = 0;

  /// The datagram that carries a message; open layers only.
  ///
  /// errors    message_too_large, which ends nothing
  [[nodiscard]] virtual Result<Buffer> seal(std::span<const std::byte> message) = 0;
  /// How many bytes a datagram is longer than its message.
  [[nodiscard]] virtual std::size_t overhead_bytes() const = 0;
  /// The most that a message holds, if a datagram holds so much.
  [[nodiscard]] virtual std::size_t message_bytes_max(std::size_t datagram_bytes) const = 0;
  virtual void set_datagram_bytes_max(std::size_t bytes) = 0;
  /// Says goodbye: nothing is sealed any more.
  virtual void end() = 0;

  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
  virtual void handle_timeout(Instant now) = 0;
  /// What it says of itself, for reports.
  [[nodiscard]] virtual ports::LayerFacts facts() const = 0;
  /// Null if it does not secure anything. Lives as long as the layer.
  [[nodiscard]] virtual ports::SecureChannel* secure_channel() { return nullptr; }
};

/// Stands before a listener's flows: nothing is kept of who cannot receive what is sent to his address.
class DatagramDoor {
 public:
  enum class Answer : std::uint8_t { drop, challenge, admit };

  virtual ~DatagramDoor() = default;
  /// Whether this datagram of an unknown sender makes a flow. `reply` goes back to him if it is a challenge.
  [[nodiscard]] virtual Answer judge(std::span<const std::byte> datagram,
                                     const SocketAddress& sender,
                                     std::vector<std::byte>& reply) = 0;
  /// A peer with a flow begins anew with it, as after a restart.
  [[nodiscard]] virtual bool is_beginning(std::span<const std::byte> datagram) const = 0;
};

/// Makes layers and doors. Shared by all that use a stack, on any loop.
class DatagramProtocol {
 public:
  virtual ~DatagramProtocol() = default;
  /// "dtls": for reports and errors.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// errors    the protocol cannot be used, such as for an option that makes no sense
  [[nodiscard]] virtual Result<std::unique_ptr<DatagramLayer>> make_layer(
      const LayerContext& context) const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<DatagramDoor>> make_door(Loop& loop) const = 0;
};

}  // namespace bowline::drive
