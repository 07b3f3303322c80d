#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <bowline/framer.h>
#include <bowline/parameters.h>

#include "ports/stream_socket.h"

namespace bowline::drive {

enum class Transport : std::uint8_t { tcp, udp };

using FramerFactory = std::function<std::unique_ptr<Framer>()>;

/// A protocol stack as the user wrote it; shared by all connections made from it.
struct StackPlan {
  Transport transport = Transport::tcp;
  TcpOptions tcp;
  UdpOptions udp;
  std::vector<FramerFactory> framers;  ///< bottom first
  std::vector<std::string> names;      ///< top first, for reports
};

[[nodiscard]] ports::StreamOptions stream_options(const TcpOptions& options);

}  // namespace bowline::drive
