#pragma once

#include <cassert>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/fifo.h"
#include "core/http/connection.h"

namespace bowline::core {

/// What an HTTP machine has said and not been asked for yet: outputs, and octets to write.
class HttpOutbox {
 public:
  void put(HttpConnection::Output output) { outputs_.push_back(std::move(output)); }
  [[nodiscard]] bool has_output() const { return !outputs_.empty(); }
  [[nodiscard]] std::optional<HttpConnection::Output> poll() {
    if (outputs_.empty()) return std::nullopt;
    return outputs_.take_front();
  }

  /// `now` is when the peer is asked to take something, if it has not been already.
  void write(std::string_view text, Instant now) {
    if (!text.empty() && unwritten_size() == 0) waiting_since_ = now;
    pending_ += text;
  }
  [[nodiscard]] std::span<const std::byte> unwritten() const {
    return as_bytes(std::string_view(pending_).substr(written_));
  }
  [[nodiscard]] std::size_t unwritten_size() const { return pending_.size() - written_; }
  void mark_written(std::size_t count, Instant now) {
    assert(count <= unwritten_size());
    written_ += count;
    waiting_since_ = now;
    if (written_ < pending_.size() && written_ < pending_.size() / 2) return;
    pending_.erase(0, written_);
    written_ = 0;
    if (pending_.empty() && pending_.capacity() > kept_max) pending_ = std::string();
  }
  /// Since when the peer has taken nothing of what is there to be written.
  [[nodiscard]] std::optional<Instant> waiting_since() const {
    if (unwritten_size() == 0) return std::nullopt;
    return waiting_since_;
  }

 private:
  static constexpr std::size_t kept_max = std::size_t{64} * 1024;

  Fifo<HttpConnection::Output> outputs_;
  std::string pending_;
  std::size_t written_ = 0;
  Instant waiting_since_{};
};

}  // namespace bowline::core
