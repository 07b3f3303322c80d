#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include <bowline/time.h>

#include "ports/tls_engine.h"

namespace bowline::drive {

class Loop;

/// Which early data came already, for all servers of a loop. Their tickets open with keys of that loop only,
/// so that no copy can be of use anywhere else.
///
/// source    RFC 8446 section 8.2
class ReplayGuard final : public ports::TlsReplayGuard {
 public:
  /// Of those that are remembered: some 10 s of handshakes. What comes beyond it is refused, and the client
  /// sends again behind the handshake.
  static constexpr std::size_t known_max = 65'536;

  explicit ReplayGuard(Loop& loop) : loop_(loop) {}
  [[nodiscard]] bool admit(std::span<const std::byte> id, Duration keep_for) override;

 private:
  Loop& loop_;
  std::set<std::string> known_;
  std::multimap<Instant, std::set<std::string>::iterator> ends_;
};

}  // namespace bowline::drive
