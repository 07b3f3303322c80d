#pragma once

#include <bowline/export.h>

#include <cstdint>
#include <string>

namespace BOWLINE_API bowline {

/// Where a connection is in its life. Forward only, but that preparing and waiting may alternate.
enum class ConnectionState : std::uint8_t {
  setup,      ///< made, not started yet
  preparing,  ///< resolving, racing, shaking hands
  waiting,    ///< everything failed for now; tries again by itself
  ready,      ///< the top protocol is established
  failed,     ///< for good
  cancelled,  ///< closed by its owner; always the last
};
[[nodiscard]] std::string to_string(ConnectionState state);

}  // namespace BOWLINE_API bowline
