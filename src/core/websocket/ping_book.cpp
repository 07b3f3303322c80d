#include "core/websocket/ping_book.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

Result<std::vector<std::byte>> PingBook::add(std::span<const std::byte> payload,
                                             std::uint32_t number) {
  if (sent_.size() == pings_max)
    return Error(ErrorKind::limit_exceeded, "ping", "the peer has not answered 64 pings");
  std::vector<std::byte> marked(payload.begin(), payload.end());
  if (marked.empty() && number != 0)
    for (int shift = 24; shift >= 0; shift -= 8)
      marked.push_back(static_cast<std::byte>(number >> shift & 0xff));
  sent_.push_back({marked, number});
  return marked;
}

std::optional<PingBook::Answer> PingBook::handle_pong(std::span<const std::byte> payload) {
  const auto found = std::ranges::find_if(
      sent_, [&](const Sent& sent) { return std::ranges::equal(sent.payload, payload); });
  if (found == sent_.end()) return std::nullopt;
  Answer answer{found->number, 0};
  for (auto each = sent_.begin(); each <= found; ++each)
    answer.up_to = std::max(answer.up_to, each->number);
  sent_.erase(sent_.begin(), found + 1);
  return answer;
}

}  // namespace bowline::core
