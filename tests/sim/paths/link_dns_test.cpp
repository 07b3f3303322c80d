#include "uplinks.h"

#include <gtest/gtest.h>

// Which servers are asked, and over which interface.

namespace bowline::test {
namespace {

/// A home with a tunnel to the company, whose servers know names that nobody else knows.
struct Company : Uplinks {
  Company() {
    corporate.attach(tunnel, "eth0", {"10.1.0.53/16"});
    corporate.attach(internet, "eth1", {"198.51.100.99/24"});
    company_dns.emplace(corporate);
    company_dns->add("wiki.corp.example", "A", "203.0.113.80");
    company_dns->add("www.example.com", "A", "203.0.113.80");
    home.attach(tunnel, "tun0", {"10.1.0.10/16"},
                sim::AttachOptions().medium(sim::Medium::tunnel).metric(1));
    home.write_file("/run/systemd/resolve/netif/" + std::to_string(home.interface("tun0").index()),
                    "SERVERS=10.1.0.53\nDOMAINS=~corp.example\n");
  }
  /// Who answered, as it is asked with these parameters.
  [[nodiscard]] std::string server_of(std::string_view name, const Parameters& parameters = {}) {
    StreamConnection connection = connect(*loop, host(name, 80), tcp(), parameters);
    (void)connection.ready().wait();
    const Report report = connection.report();
    for (const Resolution& resolution : report.resolutions())
      if (resolution.type() == "A" && resolution.server()) return to_string(*resolution.server());
    return "nobody";
  }
  sim::Network& tunnel = sim.add_network("tunnel");
  sim::Host& corporate = sim.add_host("corporate");
  std::optional<sim::DnsServer> company_dns;
};

TEST(LinkDns, names_of_a_links_domain_are_asked_of_its_servers_and_others_are_not) {
  Company scene;
  EXPECT_EQ(scene.server_of("wiki.corp.example"), "10.1.0.53:53");
  EXPECT_EQ(scene.server_of("corp.example"), "10.1.0.53:53");
  EXPECT_EQ(scene.server_of("WIKI.Corp.Example."), "10.1.0.53:53");
  EXPECT_EQ(scene.server_of("notcorp.example"), "198.51.100.53:53");
  EXPECT_EQ(scene.server_of("www.example.com"), "198.51.100.53:53");
}

TEST(LinkDns, a_connection_over_one_interface_asks_the_servers_of_that_interface) {
  Company scene;
  scene.home.write_file("/etc/bowline/interfaces.conf", "wwan0 dns=198.51.100.99\n");
  const Parameters tunnel = Parameters().interface("tun0").wait(Waiting::never);
  EXPECT_EQ(scene.server_of("www.example.com", tunnel), "10.1.0.53:53");
  EXPECT_EQ(scene.server_of("www.example.com", Parameters().require(InterfaceType::cellular)),
            "198.51.100.99:53");
}

TEST(LinkDns, while_a_full_tunnel_is_up_the_providers_resolver_is_asked_over_the_cable) {
  Company scene;
  scene.home.write_file("/etc/resolv.conf", "nameserver 10.1.0.53\n");
  scene.home.write_file("/run/systemd/netif/links/" + std::to_string(scene.cable().index()),
                        "DNS=198.51.100.53\nDOMAINS=\n");
  EXPECT_EQ(scene.server_of("www.example.com", Parameters().require(InterfaceType::wired)),
            "198.51.100.53:53");
}

TEST(LinkDns, another_server_of_a_link_is_asked_from_then_on) {
  Company scene;
  const std::string file =
      "/run/systemd/resolve/netif/" + std::to_string(scene.home.interface("tun0").index());
  EXPECT_EQ(scene.server_of("wiki.corp.example"), "10.1.0.53:53");
  scene.home.write_file(file, "SERVERS=198.51.100.99\nDOMAINS=corp.example\n");
  scene.sim.run_for(1ms);
  EXPECT_EQ(scene.server_of("corp.example"), "198.51.100.99:53");
  scene.home.remove_file(file);
  scene.sim.run_for(1ms);
  EXPECT_EQ(scene.server_of("wiki.corp.example"), "198.51.100.53:53");
}

}  // namespace
}  // namespace bowline::test
