#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sim/tcp/byte_queue.h"

namespace bowline::sim {

/// The receiving half of a connection: puts segments in order and says how much more may come.
///
/// Positions are offsets in the stream; the end of the stream takes one more, behind the last byte.
class TcpReceiver {
 public:
  explicit TcpReceiver(std::size_t buffer_bytes_max)
      : capacity_(buffer_bytes_max), edge_(buffer_bytes_max) {}

  /// Bytes at `offset`, and whether the stream ends behind them. Parts that are known or beyond the
  /// window are cut.
  void handle(std::uint64_t offset, std::span<const std::byte> bytes, bool end);
  [[nodiscard]] std::size_t read(std::span<std::byte> into) { return ready_.pop(into); }

  /// What to acknowledge: everything before has come.
  [[nodiscard]] std::uint64_t next() const { return next_ + (is_ended() ? 1 : 0); }
  /// Bytes from next() on that the peer may send. What was offered once is never taken back.
  [[nodiscard]] std::uint64_t window();
  /// True if reading has made so much room since window() was last asked that the peer should know.
  [[nodiscard]] bool has_news_for_peer() const;
  /// One behind the last byte that the peer may send.
  [[nodiscard]] std::uint64_t edge() const { return edge_; }

  [[nodiscard]] std::size_t readable_bytes() const { return ready_.size(); }
  /// The whole stream has come; bytes may still wait to be read.
  [[nodiscard]] bool is_ended() const { return end_ && next_ == *end_; }

 private:
  void keep_for_later(std::uint64_t offset, std::span<const std::byte> bytes);
  void take_kept();

  std::size_t capacity_;
  std::uint64_t next_ = 0;
  std::uint64_t edge_;
  std::optional<std::uint64_t> end_;
  ByteQueue ready_;
  std::map<std::uint64_t, std::vector<std::byte>> kept_;  ///< behind a hole, by offset
  std::size_t kept_bytes_ = 0;
};

}  // namespace bowline::sim
