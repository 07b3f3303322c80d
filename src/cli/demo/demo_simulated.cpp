#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/sim/simulation.h>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

Result<Report> connect_simulated() {
  sim::Simulation simulation(1);
  sim::Network& internet = simulation.add_network("internet");
  const auto near =
      sim::AttachOptions().link(sim::LinkOptions().delay(std::chrono::milliseconds(5)));

  sim::Host& laptop = simulation.add_host("laptop");
  laptop.attach(internet, "wlan0", {"192.0.2.10/24", "2001:db8::10/64"},
                sim::AttachOptions(near).medium(sim::Medium::wifi));
  laptop.write_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");

  sim::Host& resolver = simulation.add_host("resolver");
  resolver.attach(internet, "eth0", {"192.0.2.53/24"}, near);
  sim::DnsServer dns(resolver);
  dns.add("www.example.com", "AAAA", "2001:db8::80").add("www.example.com", "A", "192.0.2.80");

  sim::Host& server = simulation.add_host("server");
  server.attach(internet, "eth0", {"192.0.2.80/24", "2001:db8::80/64"}, near);
  Loop server_loop(server);
  const auto listener =
      listen(server_loop, SocketAddress(IpAddress::any(Family::ipv6), 443), tcp());
  if (!listener.has_value()) return listener.error();
  internet.add_rule(sim::Match().to("2001:db8::80"), sim::Verdict::drop);

  Loop loop(laptop);
  const Parameters parameters = Parameters().wait(Waiting::never);
  StreamConnection connection = connect(loop, host("www.example.com", 443), tcp(), parameters);
  BOWLINE_TRY_VOID(connection.ready().wait());
  return connection.report();
}

}  // namespace bowline::cli
