#include "core/eyeballs/attempts/history.h"

namespace bowline::core {

namespace {

// What a network did ten minutes ago says little about now.
constexpr Duration rtt_age_max = std::chrono::minutes(10);
// That an address was used at all stays true for longer: cookies and tickets live for hours.
constexpr Duration use_age_max = std::chrono::hours(24);

/// RFC 6298 2.3: a gain of one eighth.
Duration smooth(Duration old, Duration sample) { return old + (sample - old) / 8; }

}  // namespace

History::Entry& History::touch(const IpAddress& address) {
  const auto found = entries_.find(address);
  if (found != entries_.end()) {
    by_age_.splice(by_age_.begin(), by_age_, found->second);
  } else {
    by_age_.emplace_front().address = address;
    entries_.emplace(address, by_age_.begin());
    if (entries_.size() > addresses_max_) {
      entries_.erase(by_age_.back().address);
      by_age_.pop_back();
    }
  }
  return by_age_.front();
}

void History::record_success(const SocketAddress& remote, std::optional<Duration> handshake,
                             Instant now) {
  if (addresses_max_ == 0) return;
  Entry& entry = touch(remote.ip);
  if (entry.refusing_port == remote.port) entry.refused.reset();
  const bool usable = entry.smoothed.has_value() && now - entry.updated <= rtt_age_max;
  if (!usable)
    entry.smoothed = handshake;
  else if (handshake)
    entry.smoothed = smooth(*entry.smoothed, *handshake);
  entry.updated = now;
  entry.worked = true;
}

void History::record_failure(const IpAddress& address, Instant now) {
  if (addresses_max_ == 0) return;
  Entry& entry = touch(address);
  entry.smoothed.reset();
  entry.updated = now;
  entry.worked = false;
}

void History::record_refusal(const SocketAddress& remote, Instant now) {
  if (addresses_max_ == 0) return;
  Entry& entry = touch(remote.ip);
  entry.refused = now;
  entry.refusing_port = remote.port;
}

std::optional<Duration> History::rtt(const IpAddress& address, Instant now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || now - found->second->updated > rtt_age_max) return std::nullopt;
  return found->second->smoothed;
}

bool History::has_refused(const SocketAddress& remote, Instant now) const {
  const auto found = entries_.find(remote.ip);
  if (found == entries_.end()) return false;
  const Entry& entry = *found->second;
  return entry.refused && entry.refusing_port == remote.port && now - *entry.refused <= rtt_age_max;
}

bool History::was_used(const IpAddress& address, Instant now) const {
  const auto found = entries_.find(address);
  return found != entries_.end() && found->second->worked &&
         now - found->second->updated <= use_age_max;
}

}  // namespace bowline::core
