#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <bowline/result.h>

namespace bowline::core {

/// Compresses messages one after the other: RFC 7692 section 7.2.1. Its memory is taken with the first.
class MessageDeflater {
 public:
  struct Options {
    int window_bits = 15;  ///< 9 to 15
    bool keeps_context = true;
    int level = 6;
  };
  explicit MessageDeflater(Options options);
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  /// Appends a message, or a piece of one, compressed.
  ///
  /// errors    resources_exhausted
  [[nodiscard]] Result<void> add(std::span<const std::byte> bytes, bool is_last,
                                 std::vector<std::byte>& into);

 private:
  struct Stream;
  const Options options_;
  std::unique_ptr<Stream> stream_;
};

/// The reverse: RFC 7692 section 7.2.2.
class MessageInflater {
 public:
  struct Options {
    int window_bits = 15;  ///< 8 to 15
    bool keeps_context = true;
  };
  explicit MessageInflater(Options options);
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  struct Step {
    std::size_t consumed = 0;
    bool has_more = false;  ///< `into` is full, and more may come without input
  };
  /// Appends what `bytes` hold until `into` has `into_bytes_max` octets.
  ///
  /// errors    malformed: they are no deflate stream; resources_exhausted
  [[nodiscard]] Result<Step> add(std::span<const std::byte> bytes, std::vector<std::byte>& into,
                                 std::size_t into_bytes_max);
  /// All of the message was added. Call it until it has no more.
  ///
  /// errors    malformed: the message ends inside a block
  [[nodiscard]] Result<Step> finish(std::vector<std::byte>& into, std::size_t into_bytes_max);

 private:
  struct Stream;
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<bool> inflate_once(std::vector<std::byte>& into, std::size_t room);
  [[nodiscard]] Result<void> go_on_behind_last_block();

  const Options options_;
  std::unique_ptr<Stream> stream_;
  std::size_t tail_left_ = 4;  // of the four octets that end a message
};

}  // namespace bowline::core
