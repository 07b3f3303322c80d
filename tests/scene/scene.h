#pragma once

#include <bowline/bowline.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/simulation.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::test {

using namespace std::chrono_literals;

/// Where a server listens that takes all addresses of its host.
[[nodiscard]] inline Endpoint everywhere(std::uint16_t port) {
  return Endpoint(SocketAddress(IpAddress::any(Family::ipv6), port));
}

/// A client and a server with both families, 10 ms apart each way, and a DNS server that knows
/// `www.example.com`. Scenes differ in what they break.
struct Scene {
  explicit Scene(std::uint64_t seed = 1, const sim::HostOptions& options = {})
      : sim(seed), hosts(options) {
    const sim::LinkOptions link = sim::LinkOptions().delay(5ms);
    home.attach(internet, "eth0", {"192.0.2.10/24", "2001:db8:1::10/64"},
                sim::AttachOptions().link(link));
    web.attach(internet, "eth0", {"203.0.113.80/24", "2001:db8:2::80/64"},
               sim::AttachOptions().link(link));
    ns.attach(internet, "eth0", {"198.51.100.53/24"}, sim::AttachOptions().link(link));
    home.write_file("/etc/resolv.conf", "nameserver 198.51.100.53\n");
    dns.emplace(ns);
    dns->add("www.example.com", "A", "203.0.113.80");
    dns->add("www.example.com", "AAAA", "2001:db8:2::80");
    loop.emplace(home);
    web_loop.emplace(web);
    listener = *listen(*web_loop, everywhere(80), tcp());
    listener.on_connection(
        [this](StreamConnection connection) { accepted.push_back(std::move(connection)); });
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  [[nodiscard]] StreamConnection connect_to_web(const Parameters& parameters = {}) {
    return connect(*loop, host("www.example.com", 80), tcp(), parameters);
  }

  /// Waits until `client` is ready and was accepted: the server's end, or none if either does not come.
  [[nodiscard]] StreamConnection accepted_end(Connection& client) {
    if (!client.ready().wait().has_value() || !sim.run_until([this] { return !accepted.empty(); }))
      return {};
    StreamConnection server = std::move(accepted.front());
    accepted.clear();
    return server;
  }

  sim::Simulation sim;
  sim::HostOptions hosts;
  sim::Network& internet = sim.add_network("internet");
  sim::Host& home = sim.add_host("home", hosts);
  sim::Host& web = sim.add_host("web", hosts);
  sim::Host& ns = sim.add_host("ns");
  std::optional<sim::DnsServer> dns;
  std::optional<Loop> loop;
  std::optional<Loop> web_loop;
  Listener<StreamConnection> listener;
  std::vector<StreamConnection> accepted;
};

}  // namespace bowline::test
