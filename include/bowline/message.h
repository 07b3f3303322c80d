#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <bowline/buffer.h>
#include <bowline/export.h>

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

}  // namespace bowline
