#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <bowline/framer.h>
#include <bowline/parameters.h>

#include "core/eyeballs/race.h"
#include "drive/establish/candidates/approach.h"
#include "drive/establish/candidates/layer.h"
#include "ports/stream_socket.h"

namespace bowline::drive {

using FramerFactory = std::function<std::unique_ptr<Framer>()>;

/// A protocol stack as the user wrote it; shared by all connections made from it.
struct StackPlan {
  /// In order of preference, at least one, and no two with the same protocol. All of them end up as the same
  /// kind of connection.
  std::vector<StackAlternative> alternatives;
  TcpOptions tcp;
  UdpOptions udp;
  std::vector<FramerFactory> framers;  ///< above every alternative, bottom first
  std::vector<std::string> names;      ///< top first, for reports

  /// The transport of the alternative that is preferred: the one that a listener accepts.
  [[nodiscard]] Transport transport() const { return alternatives.front().transport; }
};

[[nodiscard]] ports::StreamOptions stream_options(const TcpOptions& options);

}  // namespace bowline::drive
