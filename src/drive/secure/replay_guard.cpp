#include "drive/secure/replay_guard.h"

#include "base/bytes.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

bool ReplayGuard::admit(std::span<const std::byte> id, Duration keep_for) {
  const Instant now = loop_.now();
  while (!ends_.empty() && ends_.begin()->first <= now) {
    known_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
  if (known_.size() >= known_max) return false;
  const auto [at, is_new] = known_.emplace(as_text(id));
  if (is_new) ends_.emplace(now + keep_for, at);
  return is_new;
}

}  // namespace bowline::drive
