#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bowline/time.h>

#include "ports/tls_engine.h"

namespace bowline::drive {

/// The tickets that servers gave the clients of a loop. Each is used once (RFC 8446 appendix C.4),
/// unless it is given back, and only where everything that matters is the same: that is what keys are
/// made of.
class TicketStore {
 public:
  struct Kept {
    ports::TlsTicket ticket;
    /// In DER, of the session that the ticket is from: who it resumes with.
    std::shared_ptr<const std::vector<std::vector<std::byte>>> peer_chain;
  };
  static constexpr std::size_t per_key_max = 4;
  static constexpr std::size_t keys_max = 1024;
  static constexpr std::size_t ticket_bytes_max = 16 * 1024;

  /// The oldest of a key goes for a new one, and so does the key that was not given to for longest.
  void put(const std::string& key, Kept kept, Instant now);
  /// The youngest that is not over its time, with what is left of that as its lifetime.
  [[nodiscard]] std::optional<Kept> take(const std::string& key, Instant now);
  /// Forgets those of a key.
  void drop(const std::string& key) { tickets_.erase(key); }
  [[nodiscard]] std::size_t size() const;

 private:
  struct Timed {
    Kept kept;
    Instant until;
  };
  struct Tickets {
    std::deque<Timed> timed;
    Instant given{};
  };
  std::map<std::string, Tickets> tickets_;
};

}  // namespace bowline::drive
