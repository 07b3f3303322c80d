#include <bowline/certificate.h>
#include <bowline/http_listener.h>
#include <bowline/loop.h>
#include <bowline/security.h>
#include <bowline/session_configuration.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/host.h>
#include <bowline/sim/network.h>
#include <bowline/sim/simulation.h>
#include <bowline/url_session.h>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {

namespace {

void answer(HttpExchange exchange) {
  if (exchange.path() == "/") {
    static_cast<void>(exchange.respond(302, {{"Location", "/page"}}, "elsewhere"));
  } else {
    static_cast<void>(
        exchange.respond(200, {{"Cache-Control", "max-age=60"}, {"ETag", "\"1\""}}, "a page"));
  }
}

}  // namespace

Result<UrlResponse> fetch_in_memory() {
  sim::Simulation simulation(1);
  sim::Network& internet = simulation.add_network("internet");
  const auto near =
      sim::AttachOptions().link(sim::LinkOptions().delay(std::chrono::milliseconds(5)));
  sim::Host& laptop = simulation.add_host("laptop");
  laptop.attach(internet, "wlan0", {"192.0.2.10/24"}, near);
  laptop.write_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");
  sim::Host& resolver = simulation.add_host("resolver");
  resolver.attach(internet, "eth0", {"192.0.2.53/24"}, near);
  sim::DnsServer dns(resolver);
  dns.add("www.example.com", "A", "192.0.2.80");
  sim::Host& server = simulation.add_host("server");
  server.attach(internet, "eth0", {"192.0.2.80/24"}, near);

  Loop loop(laptop);
  Loop server_loop(server);
  BOWLINE_TRY(const CertificateAndKey root,
              make_certificate(loop, CertificateRequest("Demo Root").authority()));
  BOWLINE_TRY(const CertificateAndKey made,
              make_certificate(loop, CertificateRequest("web").name("www.example.com"), &root));
  BOWLINE_TRY(const Identity identity, Identity::from_text(made.certificates, made.private_key));
  BOWLINE_TRY(const HttpListener listener,
              HttpListener::open(server_loop, host("192.0.2.80", 443),
                                 SecurityOptions().identity(identity), answer));

  SecurityOptions options;
  options.system_roots(false).root(std::string_view(root.certificates));
  SessionConfiguration configuration;
  configuration.security(options).environment_proxies(false);
  UrlSession session(loop, configuration);
  BOWLINE_TRY(const UrlResponse first, session.get("https://www.example.com/page").wait());
  // Now over the connection that is there, and the page from memory.
  return session.get("https://www.example.com/").wait();
}

}  // namespace bowline::cli
