#pragma once

#include <bowline/export.h>
#include <bowline/framer.h>
#include <bowline/parameters.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bowline::drive {
struct StackPlan;
}

namespace BOWLINE_API bowline {

class StreamConnection;
class MessageConnection;
class DatagramConnection;

/// TCP: a byte stream. A value with TCP's options: `tcp().no_delay(false)`.
using Tcp = TcpOptions;
[[nodiscard]] inline Tcp tcp() { return {}; }

/// UDP: datagrams.
using Udp = UdpOptions;
[[nodiscard]] inline Udp udp() { return {}; }

/// What carries a byte stream, or messages in pieces of a stream, and so may have a framer on top.
template <class Stack>
concept StreamStack = requires(const Stack& stack) {
  { stack.plan() } -> std::same_as<std::shared_ptr<const drive::StackPlan>>;
  requires !std::same_as<typename Stack::connection_type, DatagramConnection>;
};

/// A framer on top of a stream stack: messages.
class Framed {
 public:
  using connection_type = MessageConnection;
  using Factory = std::function<std::unique_ptr<Framer>()>;
  Framed(const std::shared_ptr<const drive::StackPlan>& below, Factory factory);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

/// A framer of your own on top of `below`: `framed([] { return std::make_unique<MyFramer>(); }, tcp())`. The
/// factory is called once here, to ask the framer for its name, and then once for each attempt and each
/// accepted connection, on the loop's thread.
template <StreamStack Stack>
[[nodiscard]] Framed framed(Framed::Factory factory, const Stack& below) {
  return Framed(below.plan(), std::move(factory));
}

// clang-format off: a setter is one line
/// How length_prefixed writes a message's length in front of it: an unsigned big-endian number.
class LengthPrefix {
 public:
  /// 1, 2, 4 or 8; anything else fails the connection with invalid_argument.
  LengthPrefix& bytes(unsigned value) { bytes_ = value; return *this; }
  /// Largest message either way; a peer that announces more is cut off.
  LengthPrefix& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  [[nodiscard]] unsigned bytes() const { return bytes_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }

 private:
  unsigned bytes_ = 4;
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
};
// clang-format on
[[nodiscard]] Framed::Factory length_prefix_framer(LengthPrefix prefix);

/// Messages with their length in front, on top of `below`.
template <StreamStack Stack>
[[nodiscard]] Framed length_prefixed(const Stack& below, LengthPrefix prefix = {}) {
  return Framed(below.plan(), length_prefix_framer(prefix));
}

}  // namespace BOWLINE_API bowline
