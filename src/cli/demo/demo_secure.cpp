#include <bowline/certificate.h>
#include <bowline/connection.h>
#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/security.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/sim/simulation.h>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

namespace {

constexpr std::string_view proven_name = "www.example.com";

/// A server that shows a certificate for `certified`.
Result<Listener<StreamConnection>> serve(Loop& loop, const char* certified,
                                         const CertificateAndKey& root) {
  const CertificateRequest request = CertificateRequest(certified).name(certified);
  BOWLINE_TRY(const CertificateAndKey made, make_certificate(loop, request, &root));
  BOWLINE_TRY(const Identity identity, Identity::from_text(made.certificates, made.private_key));
  auto listener = listen(loop, SocketAddress(IpAddress::any(Family::ipv6), 443),
                         tls(SecurityOptions().identity(identity)));
  if (listener.has_value()) listener->on_connection([](const StreamConnection&) {});
  return listener;
}

}  // namespace

Result<Report> connect_securely() {
  sim::Simulation simulation(1);
  sim::Network& internet = simulation.add_network("internet");
  const auto near =
      sim::AttachOptions().link(sim::LinkOptions().delay(std::chrono::milliseconds(5)));
  sim::Host& laptop = simulation.add_host("laptop");
  laptop.attach(internet, "wlan0", {"192.0.2.10/24", "2001:db8::10/64"}, near);
  laptop.write_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");
  sim::Host& resolver = simulation.add_host("resolver");
  resolver.attach(internet, "eth0", {"192.0.2.53/24"}, near);
  sim::DnsServer dns(resolver);
  dns.add(std::string(proven_name), "AAAA", "2001:db8::66")
      .add(std::string(proven_name), "A", "192.0.2.80");
  sim::Host& impostor = simulation.add_host("impostor");
  impostor.attach(internet, "eth0", {"2001:db8::66/64"}, near);
  sim::Host& server = simulation.add_host("server");
  server.attach(internet, "eth0", {"192.0.2.80/24"}, near);

  Loop loop(laptop);
  BOWLINE_TRY(const CertificateAndKey root,
              make_certificate(loop, CertificateRequest("Demo Root").authority()));
  Loop impostor_loop(impostor);
  BOWLINE_TRY(const auto wrong, serve(impostor_loop, "elsewhere.example", root));
  Loop server_loop(server);
  BOWLINE_TRY(const auto right, serve(server_loop, proven_name.data(), root));

  SecurityOptions options;
  options.system_roots(false).root(std::string_view(root.certificates));
  const Parameters parameters = Parameters().wait(Waiting::never);
  StreamConnection connection = connect(loop, host(proven_name, 443), tls(options), parameters);
  BOWLINE_TRY_VOID(connection.ready().wait());
  return connection.report();
}

}  // namespace bowline::cli
