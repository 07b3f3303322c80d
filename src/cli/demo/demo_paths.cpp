#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/path_monitor.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/sim/simulation.h>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

Result<PathScene> wait_for_a_cheap_path() {
  using namespace std::chrono_literals;
  sim::Simulation simulation(1);
  sim::Network& internet = simulation.add_network("internet");
  const auto near = sim::AttachOptions().link(sim::LinkOptions().delay(5ms));

  sim::Host& laptop = simulation.add_host("laptop");
  sim::Interface& wifi = laptop.attach(internet, "wlan0", {"192.0.2.10/24"},
                                       sim::AttachOptions(near).medium(sim::Medium::wifi));
  laptop.attach(internet, "wwan0", {"100.64.0.10/24"},
                sim::AttachOptions(near).medium(sim::Medium::cellular));
  laptop.write_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");

  sim::Host& resolver = simulation.add_host("resolver");
  resolver.attach(internet, "eth0", {"192.0.2.53/24"}, near);
  sim::DnsServer dns(resolver);
  dns.add("www.example.com", "A", "192.0.2.80");

  sim::Host& server = simulation.add_host("server");
  server.attach(internet, "eth0", {"192.0.2.80/24"}, near);
  Loop server_loop(server);
  const auto listener =
      listen(server_loop, SocketAddress(IpAddress::any(Family::ipv4), 443), tcp());
  if (!listener.has_value()) return listener.error();

  Loop loop(laptop);
  PathScene scene;
  const Parameters cheap = Parameters().prohibit_expensive(true);
  PathMonitor monitor(loop, cheap);
  const auto note_path = [&](const Path& path) { scene.paths.push_back(to_string(path)); };
  monitor.on_update(note_path);
  wifi.set_running(false);
  StreamConnection connection = connect(loop, host("www.example.com", 443), tcp(), cheap);
  simulation.run_for(2s);
  wifi.set_running(true);
  BOWLINE_TRY_VOID(connection.ready().wait());
  simulation.run_for(1ms);
  scene.report = connection.report();
  return scene;
}

}  // namespace bowline::cli
