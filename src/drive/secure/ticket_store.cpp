#include "drive/secure/ticket_store.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void TicketStore::put(const std::string& key, Kept kept, Instant now) {
  const ports::TlsTicket& ticket = kept.ticket;
  if (ticket.state.size() > ticket_bytes_max || ticket.lifetime <= Duration::zero()) return;
  if (tickets_.size() >= keys_max && !tickets_.contains(key))
    tickets_.erase(std::ranges::min_element(tickets_, {},
                                            [](const auto& entry) { return entry.second.given; }));
  // RFC 8446 4.6.1: no ticket is kept for longer than a week.
  constexpr Duration longest = std::chrono::hours(24 * 7);
  const Instant until = now + std::min(ticket.lifetime, longest);
  Tickets& tickets = tickets_[key];
  tickets.given = now;
  if (tickets.timed.size() == per_key_max) tickets.timed.pop_front();
  tickets.timed.push_back({std::move(kept), until});
}

std::optional<TicketStore::Kept> TicketStore::take(const std::string& key, Instant now) {
  const auto found = tickets_.find(key);
  if (found == tickets_.end()) return std::nullopt;
  std::deque<Timed>& timed = found->second.timed;
  std::optional<Kept> taken;
  while (!taken && !timed.empty()) {
    if (timed.back().until > now) {
      taken = std::move(timed.back().kept);
      taken->ticket.lifetime = timed.back().until - now;
    }
    timed.pop_back();
  }
  if (timed.empty()) tickets_.erase(found);
  return taken;
}

std::size_t TicketStore::size() const {
  std::size_t count = 0;
  for (const auto& [key, tickets] : tickets_) count += tickets.timed.size();
  return count;
}

}  // namespace bowline::drive
