#pragma once

#include <bowline/buffer.h>
#include <bowline/export.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace BOWLINE_API bowline {

/// What one receive gave: bytes of a stream, or one message, whole or in part.
///
/// size      32 bytes; copying shares the bytes
/// lifetime  as Buffer: keep it as long as you like, on its loop's thread
class Message {
 public:
  Message() = default;
  Message(Buffer buffer, bool complete, bool end_of_stream)
      : buffer_(std::move(buffer)), complete_(complete), end_of_stream_(end_of_stream) {}

  [[nodiscard]] const Buffer& buffer() const { return buffer_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return buffer_.bytes(); }
  [[nodiscard]] std::string_view text() const { return buffer_.text(); }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }
  [[nodiscard]] bool empty() const { return buffer_.empty(); }

  /// These bytes end a message. Always true for a datagram, and not an end of anything more.
  [[nodiscard]] bool is_complete() const { return complete_; }
  /// The peer ended its side behind these bytes. The connection stays ready: ours may still send.
  [[nodiscard]] bool end_of_stream() const { return end_of_stream_; }

 private:
  Buffer buffer_;
  bool complete_ = false;
  bool end_of_stream_ = false;
};

/// Several datagrams of one peer that came together.
///
/// size      32 bytes; all datagrams but the last are equally long
class MessageBatch {
 public:
  MessageBatch() = default;
  MessageBatch(Buffer buffer, std::size_t segment_bytes)
      : buffer_(std::move(buffer)), segment_bytes_(segment_bytes) {}

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

 private:
  Buffer buffer_;
  std::size_t segment_bytes_ = 0;
};

/// How much there is, not what: `12 bytes`.
[[nodiscard]] std::string to_string(const Message& message);
/// `20 messages of 1200 bytes`
[[nodiscard]] std::string to_string(const MessageBatch& batch);

}  // namespace BOWLINE_API bowline
