#include "drive/secure/ticket_store.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

void TicketStore::put(const std::string& key, ports::TlsTicket ticket, Instant now) {
  if (ticket.state.size() > ticket_bytes_max || ticket.lifetime <= Duration::zero()) return;
  if (tickets_.size() >= keys_max && !tickets_.contains(key))
    tickets_.erase(std::ranges::min_element(tickets_, {},
                                            [](const auto& entry) { return entry.second.given; }));
  // RFC 8446 4.6.1: no ticket is kept for longer than a week.
  constexpr Duration longest = std::chrono::hours(24 * 7);
  const Instant until = now + std::min(ticket.lifetime, longest);
  Tickets& tickets = tickets_[key];
  tickets.given = now;
  if (tickets.kept.size() == per_key_max) tickets.kept.pop_front();
  tickets.kept.push_back({std::move(ticket), until});
}

std::optional<ports::TlsTicket> TicketStore::take(const std::string& key, Instant now) {
  const auto found = tickets_.find(key);
  if (found == tickets_.end()) return std::nullopt;
  std::deque<Kept>& kept = found->second.kept;
  std::optional<ports::TlsTicket> taken;
  while (!taken && !kept.empty()) {
    if (kept.back().until > now) {
      taken = std::move(kept.back().ticket);
      taken->lifetime = kept.back().until - now;
    }
    kept.pop_back();
  }
  if (kept.empty()) tickets_.erase(found);
  return taken;
}

std::size_t TicketStore::size() const {
  std::size_t count = 0;
  for (const auto& [key, tickets] : tickets_) count += tickets.kept.size();
  return count;
}

}  // namespace bowline::drive
