#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <bowline/result.h>

namespace bowline::core {

/// Pings that were sent and not answered yet.
class PingBook {
 public:
  static constexpr std::size_t pings_max = 64;

  /// `number` is what the pong is told apart by; one with a number and without a payload gets one that is
  /// its own.
  ///
  /// returns   the payload to send
  /// errors    limit_exceeded: the peer has left 64 unanswered
  [[nodiscard]] Result<std::vector<std::byte>> add(std::span<const std::byte> payload,
                                                   std::uint32_t number);

  struct Answer {
    std::uint32_t number = 0;  ///< of the ping with this payload
    std::uint32_t up_to = 0;   ///< the highest number among those that are answered
  };
  /// A pong answers the ping with its payload, and those before it: RFC 6455 5.5.3. Nothing if nobody asked.
  [[nodiscard]] std::optional<Answer> handle_pong(std::span<const std::byte> payload);

 private:
  struct Sent {
    std::vector<std::byte> payload;
    std::uint32_t number;
  };
  std::vector<Sent> sent_;
};

}  // namespace bowline::core
