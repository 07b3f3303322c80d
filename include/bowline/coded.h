#pragma once

#include <bowline/connection.h>
#include <bowline/export.h>
#include <bowline/listener.h>
#include <bowline/operation.h>
#include <bowline/result.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace BOWLINE_API bowline {

/// What turns values into octets and back. Write your own: two functions and, if its octets are text for
/// WebSocket, `static constexpr MessageKind kind = MessageKind::text`. Those of JSON and CBOR are in
/// bowline/json.h.
///
/// Result<std::string> encode(const Sent&) const;
/// Result<Received> decode(std::span<const std::byte>) const;
template <class Codec, class Sent, class Received>
concept CodecOf = requires(const Codec& codec, const Sent& sent, std::span<const std::byte> bytes) {
  { codec.encode(sent) } -> std::same_as<Result<std::string>>;
  { codec.template decode<Received>(bytes) } -> std::same_as<Result<Received>>;
};

/// What becomes of a connection whose peer sends something that does not decode.
enum class BadMessage : std::uint8_t {
  ends,     ///< the receive has the error, and the connection is closed: the default
  goes_on,  ///< the receive has the error, and the next one the next message
};

namespace detail {

/// Waits for a message and decodes it. The message stays with the operation below until the value has been
/// delivered, so that it goes back where a drop wants that.
template <class Received, class Codec>
class CodedReceive final : public Request<Received> {
 public:
  CodedReceive(RequestQueue& loop, Operation<Message>&& below, MessageConnection connection,
               std::shared_ptr<const Codec> codec, BadMessage bad)
      : Request<Received>(loop),
        below_(std::move(below)),
        connection_(std::move(connection)),
        codec_(std::move(codec)),
        bad_(bad) {}
  ~CodedReceive() override {
    if (is_given_) below_.request()->settle();
  }

 private:
  struct Part {
    CodedReceive* whole;
    void operator()(Result<Message>&& /*held*/) const {
      whole->below_.request()->hold();
      whole->handle_message(whole->below_.request()->held());
    }
    void dropped() const noexcept {
      whole->fail(Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "receive"));
    }
  };

  void begin() override { below_.start(Part{this}); }
  void withdraw() noexcept override { below_ = {}; }
  void give_back(Result<Received>&& /*value*/, Undone /*how*/) noexcept override {
    is_given_ = false;
    below_ = {};
  }

  void handle_message(const Result<Message>& held) {
    is_given_ = true;
    if (!held.has_value()) return this->finish(held.error());
    if (held->end_of_stream())
      return this->finish(Error(ErrorKind::closed, "receive", "the peer ended its side"));
    if (!held->is_complete())
      return this->finish(
          Error(ErrorKind::unsupported, "receive", "a value does not come in pieces"));
    Result<Received> value = codec_->template decode<Received>(held->bytes());
    // Its owner hears of the error first: the connection ends in a turn of its own.
    if (!value.has_value() && bad_ == BadMessage::ends) connection_.close().detach();
    this->finish(std::move(value));
  }

  Operation<Message> below_;
  MessageConnection connection_;
  const std::shared_ptr<const Codec> codec_;
  const BadMessage bad_;
  bool is_given_ = false;
};

/// Sends what a value was encoded to, or fails with why it could not be.
class BOWLINE_API CodedSend final : public Request<void> {
 public:
  CodedSend(RequestQueue& loop, Operation<void>&& below, std::optional<Error> error)
      : Request(loop), below_(std::move(below)), error_(std::move(error)) {}

 private:
  void begin() override {
    if (error_) return finish(*error_);
    below_.start([this](Result<void>&& sent) { finish(std::move(sent)); });
  }
  void withdraw() noexcept override { below_ = {}; }

  Operation<void> below_;
  const std::optional<Error> error_;
};

template <class Codec>
[[nodiscard]] constexpr MessageKind kind_of_codec() {
  if constexpr (requires { Codec::kind; }) {
    return Codec::kind;
  } else {
    return MessageKind::binary;
  }
}

}  // namespace detail

/// A message connection whose messages are values of your own types. A handle, as connection() is.
///
/// thread    its loop's
template <class Sent, class Received, class Codec, class Below>
class CodedConnection final {
 public:
  CodedConnection() = default;
  CodedConnection(Below connection, std::shared_ptr<const Codec> codec, BadMessage bad)
      : connection_(std::move(connection)), codec_(std::move(codec)), bad_(bad) {}
  explicit operator bool() const { return static_cast<bool>(connection_); }

  /// The value is encoded at once, and not needed any more then.
  ///
  /// errors    what the codec says, and the connection goes on; those of MessageConnection::send
  [[nodiscard]] Operation<void> send(const Sent& value) {
    Result<std::string> encoded = codec_->encode(value);
    std::optional<Error> error;
    if (!encoded.has_value()) error = encoded.error();
    Operation<void> below = send_octets(encoded.has_value() ? *std::move(encoded) : std::string());
    detail::RequestQueue& loop = below.request()->loop();
    return Operation<void>(
        detail::RequestBase::make<detail::CodedSend>(loop, std::move(below), std::move(error)));
  }
  /// The next value.
  ///
  /// errors    closed once the peer has ended its side; what the codec says of a message that does not
  ///           decode,
  ///           and BadMessage says what comes then; what broke the connection
  [[nodiscard]] Operation<Received> receive() {
    Operation<Message> below = connection_.receive();
    detail::RequestQueue& loop = below.request()->loop();
    return Operation<Received>(detail::RequestBase::make<detail::CodedReceive<Received, Codec>>(
        loop, std::move(below), connection_, codec_, bad_));
  }

  /// All else that a connection has.
  [[nodiscard]] Below& connection() { return connection_; }
  [[nodiscard]] const Below& connection() const { return connection_; }
  [[nodiscard]] Operation<void> ready() { return connection_.ready(); }
  [[nodiscard]] Operation<void> close() { return connection_.close(); }

 private:
  Operation<void> send_octets(std::string octets) {
    // Only WebSocket tells texts from other octets.
    if constexpr (requires { connection_.subprotocol(); }) {
      return connection_.send(Buffer::own(std::move(octets)),
                              MessageContext().kind(detail::kind_of_codec<Codec>()));
    } else {
      return connection_.send(std::move(octets));
    }
  }

  Below connection_;
  std::shared_ptr<const Codec> codec_;
  BadMessage bad_ = BadMessage::ends;
};

/// A message stack whose messages are values. Made by coded().
template <class Sent, class Received, class Codec, class Stack>
class Coded final {
 public:
  using below_type = Stack;
  using below_connection = typename Stack::connection_type;
  using connection_type = CodedConnection<Sent, Received, Codec, below_connection>;

  Coded(Stack below, Codec codec)
      : below_(std::move(below)), codec_(std::make_shared<const Codec>(std::move(codec))) {}
  Coded& on_bad_message(BadMessage value) {
    bad_ = value;
    return *this;
  }

  [[nodiscard]] const Stack& below() const { return below_; }
  [[nodiscard]] connection_type wrap(below_connection connection) const {
    return connection_type(std::move(connection), codec_, bad_);
  }

 private:
  Stack below_;
  std::shared_ptr<const Codec> codec_;
  BadMessage bad_ = BadMessage::ends;
};

/// Values of the type T in both directions, on a stack whose connections carry messages:
/// `coded<Move>(websocket(), JsonCodec())`. The codec is shared by all connections.
template <class T, class Stack, class Codec>
  requires CodecOf<Codec, T, T>
[[nodiscard]] Coded<T, T, Codec, Stack> coded(Stack below, Codec codec) {
  return {std::move(below), std::move(codec)};
}
/// One type for what is sent, and another for what is received: `coded<Request, Response>(...)`.
template <class Sent, class Received, class Stack, class Codec>
  requires CodecOf<Codec, Sent, Received>
[[nodiscard]] Coded<Sent, Received, Codec, Stack> coded(Stack below, Codec codec) {
  return {std::move(below), std::move(codec)};
}

template <class Stack>
concept CodedStack = requires { typename Stack::below_connection; };

template <CodedStack Stack>
[[nodiscard]] typename Stack::connection_type connect(Loop& loop, Endpoint remote,
                                                      const Stack& stack,
                                                      Parameters parameters = {}) {
  return stack.wrap(connect(loop, std::move(remote), stack.below(), std::move(parameters)));
}

/// Accepts connections of a coded stack; all else is as for the listener that it holds.
template <CodedStack Stack>
class CodedListener final {
 public:
  CodedListener(Listener<typename Stack::below_connection> listener, Stack stack)
      : listener_(std::move(listener)), stack_(std::move(stack)) {}

  void on_connection(std::move_only_function<void(typename Stack::connection_type)> handler) {
    listener_.on_connection(
        [stack = stack_, handler = std::move(handler)](auto connection) mutable {
          handler(stack.wrap(std::move(connection)));
        });
  }
  [[nodiscard]] Listener<typename Stack::below_connection>& listener() { return listener_; }
  [[nodiscard]] SocketAddress local_address() const { return listener_.local_address(); }

 private:
  Listener<typename Stack::below_connection> listener_;
  Stack stack_;
};

template <CodedStack Stack>
[[nodiscard]] Result<CodedListener<Stack>> listen(Loop& loop, const Endpoint& local,
                                                  const Stack& stack, Parameters parameters = {}) {
  auto opened = listen(loop, local, stack.below(), std::move(parameters));
  if (!opened.has_value()) return opened.error();
  return CodedListener<Stack>(*std::move(opened), stack);
}

}  // namespace BOWLINE_API bowline
