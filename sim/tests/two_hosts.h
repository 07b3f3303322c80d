#pragma once

#include <gtest/gtest.h>

#include <bowline/sim/simulation.h>

#include "sim/tests/app.h"

namespace bowline::sim {

using namespace std::chrono_literals;

/// A client and a server, 10 ms apart.
struct TwoHosts {
  TwoHosts() {
    client.attach(net, "eth0", {"192.0.2.1/24", "2001:db8::1/64"},
                  AttachOptions().link(LinkOptions().delay(10ms)));
    server.attach(net, "eth0", {"198.51.100.1/24", "2001:db8:1::1/64"});
  }
  /// Connects and runs until that ended; gives how long it took.
  Duration connect(Stream& stream, std::string_view to, const ports::Binding& binding = {}) {
    const Instant start = sim.now();
    EXPECT_TRUE(stream.connect(address(to), binding).has_value());
    EXPECT_TRUE(sim.run_until([&] { return stream.connected || stream.error; }));
    return sim.now() - start;
  }

  Simulation sim{1};
  Network& net = sim.add_network("internet");
  Host& client = sim.add_host("client", HostOptions().syn_retries(2));
  Host& server = sim.add_host("server", HostOptions().sockets(10));
  App app{client};
};

inline constexpr std::string_view server_v4 = "198.51.100.1:80";
inline constexpr std::string_view server_v6 = "[2001:db8:1::1]:80";

}  // namespace bowline::sim
