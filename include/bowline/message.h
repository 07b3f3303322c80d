#pragma once

#include <bowline/buffer.h>
#include <bowline/datagram_facts.h>
#include <bowline/export.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace BOWLINE_API bowline {

/// What a message is to its protocol. `plain` where the protocol knows only one kind.
enum class MessageKind : std::uint8_t { plain, text, binary, ping, pong, close };
[[nodiscard]] std::string to_string(MessageKind kind);

// clang-format off: a setter is one line
/// What is said of a message beside its bytes; what a protocol can say of one is for its framer to know. A
/// value; setters chain: `connection.send(bytes,
/// MessageContext().kind(MessageKind::text).complete(false))`.
///
/// size      8 bytes
class MessageContext {
 public:
  MessageContext() = default;
  MessageContext& kind(MessageKind value) { kind_ = value; return *this; }
  /// A number of the protocol's own: the type of a type-length-value message, the code of a goodbye.
  MessageContext& number(std::uint32_t value) { number_ = value; return *this; }
  /// False: more of the same message follows. True, the default: these bytes are all of it, or its end.
  MessageContext& complete(bool value) { complete_ = value; return *this; }

  [[nodiscard]] MessageKind kind() const { return kind_; }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] bool is_complete() const { return complete_; }
  friend bool operator==(const MessageContext&, const MessageContext&) = default;

 private:
  friend class Message;
  std::uint32_t number_ = 0;  // of a datagram that was received: its interface
  MessageKind kind_ = MessageKind::plain;
  bool complete_ : 1 = true;
  // What a Message says beside: it has no room of its own.
  bool end_of_stream_ : 1 = false;
  bool is_datagram_ : 1 = false;
  Ecn ecn_ = Ecn::not_ect;
  std::uint8_t hop_limit_ = 0;
};
// clang-format on

/// What one receive gave: bytes of a stream, or one message, whole or in part.
///
/// size      32 bytes; copying shares the bytes
/// lifetime  as Buffer: keep it as long as you like, on its loop's thread
class Message {
 public:
  Message() { context_.complete_ = false; }
  Message(Buffer buffer, bool complete, bool end_of_stream) : buffer_(std::move(buffer)) {
    context_.complete_ = complete;
    context_.end_of_stream_ = end_of_stream;
  }
  Message(Buffer buffer, MessageContext context, bool end_of_stream)
      : buffer_(std::move(buffer)), context_(context) {
    context_.end_of_stream_ = end_of_stream;
  }
  /// A datagram.
  Message(Buffer buffer, const DatagramFacts& facts) : buffer_(std::move(buffer)) {
    context_.number_ = facts.interface_index;
    context_.hop_limit_ = facts.hop_limit;
    context_.ecn_ = facts.ecn;
    context_.is_datagram_ = true;
  }

  [[nodiscard]] const Buffer& buffer() const { return buffer_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return buffer_.bytes(); }
  [[nodiscard]] std::string_view text() const { return buffer_.text(); }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }
  [[nodiscard]] bool empty() const { return buffer_.empty(); }

  /// These bytes end a message. Always true for a datagram, and not an end of anything more.
  [[nodiscard]] bool is_complete() const { return context_.complete_; }
  /// What the protocol says of it. At end_of_stream() it is the peer's goodbye, if the protocol knows one:
  /// kind `close`, with the peer's code as the number.
  [[nodiscard]] MessageContext context() const {
    if (context_.is_datagram_) return {};
    MessageContext context = context_;
    context.end_of_stream_ = false;
    return context;
  }
  /// The peer ended its side behind these bytes. The connection stays ready: ours may still send.
  [[nodiscard]] bool end_of_stream() const { return context_.end_of_stream_; }

  /// What the network said about a datagram. Nothing but zeros without `udp().receive_facts(true)`.
  [[nodiscard]] DatagramFacts datagram_facts() const {
    if (!context_.is_datagram_) return {};
    return {context_.number_, context_.hop_limit_, context_.ecn_};
  }

 private:
  Buffer buffer_;
  MessageContext context_;
};

/// Several datagrams of one peer that came together.
///
/// size      40 bytes; all datagrams but the last are equally long
class MessageBatch {
 public:
  MessageBatch() = default;
  MessageBatch(Buffer buffer, std::size_t segment_bytes, const DatagramFacts& facts = {})
      : buffer_(std::move(buffer)), segment_bytes_(segment_bytes), facts_(facts) {}

  /// At least 1 for a batch that was received.
  [[nodiscard]] std::size_t size() const {
    return segment_bytes_ == 0 ? 1 : (buffer_.size() + segment_bytes_ - 1) / segment_bytes_;
  }
  [[nodiscard]] std::span<const std::byte> operator[](std::size_t index) const {
    const std::size_t offset = index * segment_bytes_;
    return buffer_.bytes().subspan(offset, std::min(segment_bytes_, buffer_.size() - offset));
  }
  /// All of them one behind the other.
  [[nodiscard]] const Buffer& buffer() const { return buffer_; }
  /// Length of every datagram but the last.
  [[nodiscard]] std::size_t segment_bytes() const { return segment_bytes_; }
  /// As Message::datagram_facts(), the same for all of them.
  [[nodiscard]] const DatagramFacts& datagram_facts() const { return facts_; }

 private:
  Buffer buffer_;
  std::size_t segment_bytes_ = 0;
  DatagramFacts facts_;
};

/// How much there is, not what: `12 bytes`.
[[nodiscard]] std::string to_string(const Message& message);
/// `20 messages of 1200 bytes`
[[nodiscard]] std::string to_string(const MessageBatch& batch);

}  // namespace BOWLINE_API bowline
