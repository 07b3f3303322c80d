#pragma once

#include <memory>

#include "base/random.h"
#include "ports/tls_engine.h"
#include "ports/wall_clock.h"

namespace bowline::crypto {

/// TLS by GnuTLS. The library keeps its own source of chance, the kernel's; `random` is for what we draw
/// ourselves. Both arguments outlive the engine and its sessions.
///
/// thread    any; its sessions one at a time each
[[nodiscard]] std::unique_ptr<ports::TlsEngine> make_engine(const ports::WallClock& wall_clock,
                                                            Random& random);

}  // namespace bowline::crypto
