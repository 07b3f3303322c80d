#pragma once

#include <bowline/export.h>
#include <bowline/framer.h>
#include <bowline/parameters.h>

#include <concepts>
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

/// A framer that speaks first, on top of a stream stack: a byte stream still.
class Prelude final {
 public:
  using connection_type = StreamConnection;
  Prelude(const std::shared_ptr<const drive::StackPlan>& below, Framed::Factory factory);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

/// A framer that agrees on something with the peer, in the clear, before the stack above begins, and passes
/// everything on as it is from the moment that it is ready: `tls(prelude([] { return
/// std::make_unique<SmtpStartTls>(); }, tcp()))`. What it has not consumed by then is the first that is
/// passed on. It delivers no messages.
template <StreamStack Stack>
  requires std::same_as<typename Stack::connection_type, StreamConnection>
[[nodiscard]] Prelude prelude(Framed::Factory factory, const Stack& below) {
  return Prelude(below.plan(), std::move(factory));
}

[[nodiscard]] Framed::Factory length_prefix_framer(LengthPrefix prefix);

/// Messages with their length in front, on top of `below`.
template <StreamStack Stack>
[[nodiscard]] Framed length_prefixed(const Stack& below, LengthPrefix prefix = {}) {
  return Framed(below.plan(), length_prefix_framer(prefix));
}

[[nodiscard]] Framed::Factory line_framer(LineFraming lines);

/// Lines of text on top of `below`: a message is a line, without its delimiter.
///
/// errors    of a send: invalid_argument for a line with a delimiter in it. Of the connection:
///           limit_exceeded for a line that is too long, protocol_violation for a last line without an end
template <StreamStack Stack>
[[nodiscard]] Framed line_framed(const Stack& below, LineFraming lines = {}) {
  return Framed(below.plan(), line_framer(lines));
}

}  // namespace BOWLINE_API bowline
