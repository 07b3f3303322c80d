#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <bowline/address.h>
#include <bowline/time.h>

namespace bowline::core {

/// What was learnt about addresses: handshake times, and which worked. One per privacy partition; an entry is
/// dropped when the way to its address changes (draft, grouping and sorting).
class History {
 public:
  explicit History(std::size_t addresses_max = 1024) : addresses_max_(addresses_max) {}

  /// `handshake` is none if it says nothing about the round trip.
  void record_success(const SocketAddress& remote, std::optional<Duration> handshake, Instant now);
  void record_failure(const IpAddress& address, Instant now);
  /// An answer came, and it was no: the way is good, and other ports may be, too.
  void record_refusal(const SocketAddress& remote, Instant now);
  /// Drops what is known of the addresses for which `concerns(address)` is true: the way to them changed.
  template <class Concerns>
  void forget_if(Concerns concerns) {
    for (auto at = by_age_.begin(); at != by_age_.end();) {
      const auto entry = at++;
      if (!concerns(std::as_const(entry->address))) continue;
      entries_.erase(entry->address);
      by_age_.erase(entry);
    }
  }

  /// Smoothed handshake time (RFC 6298 gains); nothing if not known, or older than ten minutes.
  [[nodiscard]] std::optional<Duration> rtt(const IpAddress& address, Instant now) const;
  /// The last attempt worked, within the last day.
  [[nodiscard]] bool was_used(const IpAddress& address, Instant now) const;
  /// It was the last there to refuse, within ten minutes.
  [[nodiscard]] bool has_refused(const SocketAddress& remote, Instant now) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    IpAddress address;
    std::optional<Duration> smoothed;
    Instant updated{};
    std::optional<Instant> refused;
    std::uint16_t refusing_port = 0;
    bool worked = false;
  };
  /// The entry of `address`, made if needed, as the youngest; the oldest goes if there are too
  /// many.
  Entry& touch(const IpAddress& address);

  std::size_t addresses_max_;
  std::list<Entry> by_age_;
  std::unordered_map<IpAddress, std::list<Entry>::iterator> entries_;
};

}  // namespace bowline::core
