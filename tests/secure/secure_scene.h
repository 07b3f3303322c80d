#pragma once

#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/simulation.h>

#include <list>
#include <optional>
#include <string>
#include <utility>

namespace bowline::test {

/// A client, a server with a certificate of a root that the test made, and a name server, 10 ms apart
/// each way.
struct SecureScene {
  explicit SecureScene(
      std::uint64_t seed = 1,
      const sim::LinkOptions& link = sim::LinkOptions().delay(std::chrono::milliseconds(5)))
      : sim(seed) {
    home.attach(internet, "eth0", {"192.0.2.10/24", "2001:db8:1::10/64"},
                sim::AttachOptions().link(link));
    web.attach(internet, "eth0", {"203.0.113.80/24", "203.0.113.81/24", "2001:db8:2::80/64"},
               sim::AttachOptions().link(link));
    ns.attach(internet, "eth0", {"198.51.100.53/24"}, sim::AttachOptions().link(link));
    home.write_file("/etc/resolv.conf", "nameserver 198.51.100.53\n");
    dns.emplace(ns);
    dns->add("www.example.com", "A", "203.0.113.80");
    loop.emplace(home);
    web_loop.emplace(web);
    root = make(CertificateRequest("test root").authority());
  }

  CertificateAndKey make(const CertificateRequest& request,
                         const CertificateAndKey* issuer = nullptr) {
    auto made = make_certificate(*loop, request, issuer);
    EXPECT_TRUE(made.has_value()) << to_string(made.error());
    return made.has_value() ? *std::move(made) : CertificateAndKey();
  }
  Identity identity(const CertificateRequest& request) {
    const CertificateAndKey made = make(request, &root);
    return Identity::from_text(made.certificates, made.private_key).value();
  }
  Identity web_identity() { return identity(CertificateRequest("web").name("www.example.com")); }
  [[nodiscard]] SecurityOptions trusting() const {
    SecurityOptions options;
    options.system_roots(false).root(root.certificates);
    return options;
  }

  /// Echoes at this address.
  template <class Stack>
  Listener<StreamConnection> serve(const Stack& stack, const char* address = "203.0.113.80",
                                   std::uint16_t port = 443) {
    auto listener = listen(*web_loop, host(address, port), stack);
    EXPECT_TRUE(listener.has_value());
    listener->on_connection([this](StreamConnection connection) {
      accepted.push_back(connection);
      echo(std::move(connection));
    });
    return *std::move(listener);
  }
  void echo(StreamConnection connection) {
    connection.receive().detach([this, connection](Result<Message> got) mutable {
      if (!got.has_value()) return;
      if (got->end_of_stream() && got->size() == 0) return connection.finish().detach();
      connection.send(*std::move(got)).detach();
      echo(connection);
    });
  }
  StreamConnection connect_with(const SecurityOptions& options,
                                const Endpoint& to = host("www.example.com", 443),
                                const Parameters& parameters = {}) {
    return connect(*loop, to, tls(options), parameters);
  }

  sim::Simulation sim;
  sim::Network& internet = sim.add_network("internet");
  sim::Host& home = sim.add_host("home");
  sim::Host& web = sim.add_host("web");
  sim::Host& ns = sim.add_host("ns");
  std::optional<sim::DnsServer> dns;
  std::optional<Loop> loop;
  std::optional<Loop> web_loop;
  CertificateAndKey root;
  std::list<StreamConnection> accepted;
};

/// What the top layer of a connection agreed on.
[[nodiscard]] inline std::string agreed(const Report& report, std::string_view name) {
  if (report.handshakes().empty()) return "no handshake";
  for (const auto& [key, value] : report.handshakes().back().details())
    if (key == name) return value;
  return "";
}

}  // namespace bowline::test
