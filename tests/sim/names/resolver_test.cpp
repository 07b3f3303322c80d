#include <gtest/gtest.h>

#include <algorithm>

#include <malloc.h>

#include "story.h"

#if defined(__SANITIZE_ADDRESS__)
// Without its header, which is not everywhere where the sanitizer is.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

// What the resolver does on a host: its sockets, its files, and what a shortage of them does to it.

namespace bowline::test {
namespace {

std::size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

/// The status of the first type of a lookup.
std::optional<Resolution> look_up(Loop& loop, std::string_view name, const LookupOptions& options) {
  Result<Lookup> lookup = resolve(loop, name, {"A"}, options);
  if (!lookup.has_value()) return std::nullopt;
  const auto answer = lookup->next().wait();
  return answer.has_value() ? *answer : std::nullopt;
}

/// What a loop holds after so many lookups of which each has lost a connection to the server.
std::size_t bytes_held_after(int lookups) {
  Scene scene;
  scene.dns->script("www.example.com", "A", sim::DnsBehavior().truncate());
  scene.internet.add_rule(sim::Match().tcp().to_port(53), sim::Verdict::reset);
  for (int i = 0; i < lookups; ++i) {
    const auto answer = look_up(*scene.loop, "www.example.com", LookupOptions());
    EXPECT_TRUE(answer.has_value() && answer->status() == ResolutionStatus::timeout);
  }
  const std::size_t before = allocated_bytes();
  scene.loop.reset();
  return before - allocated_bytes();
}

TEST(Resolver, keeps_nothing_of_the_connections_that_a_server_ends) {
  EXPECT_LT(bytes_held_after(500), bytes_held_after(10) + 10'000);
}

/// Connects by name during a shortage, and says how long after its end the connection is ready.
void expect_a_connection_soon_after_a_shortage(Scene& scene) {
  std::optional<Shortage> shortage(scene.home);
  StreamConnection connection = scene.connect_to_web(Parameters().wait(Waiting::for_peer));
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.run_for(30s);
  ASSERT_EQ(connection.state(), ConnectionState::waiting);
  EXPECT_EQ(story.changes.back().error, ErrorKind::resources_exhausted);
  shortage.reset();
  const Instant freed = scene.sim.now();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_LE(scene.sim.now() - freed, 1100ms);
}

TEST(Resolver, threat_14_a_connection_by_name_goes_on_soon_after_its_host_has_sockets_again) {
  Scene scene(1, few_sockets());
  ASSERT_TRUE(look_up(*scene.loop, "another.example.com", LookupOptions()).has_value());
  expect_a_connection_soon_after_a_shortage(scene);
}

TEST(Resolver, threat_14_a_loop_that_could_not_read_its_configuration_reads_it_later) {
  Scene scene(1, few_sockets());
  expect_a_connection_soon_after_a_shortage(scene);
}

TEST(Resolver, threat_14_a_configuration_that_cannot_be_read_leaves_the_one_before) {
  Scene scene(1, few_sockets());
  const SocketAddress server(IpAddress::parse("198.51.100.53").value(), 53);
  EXPECT_EQ(scene.loop->path()->dns_servers(), std::vector{server});
  {
    const Shortage shortage(scene.home);
    scene.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.54\n");
    EXPECT_EQ(scene.loop->path()->dns_servers(), std::vector{server});
  }
  const SocketAddress next(IpAddress::parse("198.51.100.54").value(), 53);
  EXPECT_EQ(scene.loop->path()->dns_servers(), std::vector{next});
}

TEST(Resolver, takes_zones_by_name_in_both_files_and_says_which_parts_have_no_effect) {
  Scene scene;
  scene.home.write_file("/etc/resolv.conf", "nameserver fe80::1%nosuch\nnameserver fe80::2%eth0\n");
  scene.home.write_file("/etc/hosts", "fe80::3%eth0 printer\nfe80::4%nosuch scanner\nnonsense\n");
  std::vector<std::string> unused;
  const Tracing tracing = scene.loop->trace([&](const TraceEvent& event) {
    if (event.kind == "config_unused") unused.emplace_back(event.detail);
  });
  const Path path = scene.loop->path().value();
  ASSERT_EQ(path.dns_servers().size(), 1U);
  const auto eth0 = std::ranges::find(path.interfaces(), "eth0", &Interface::name);
  EXPECT_EQ(path.dns_servers().front().ip.scope_id(), eth0->index());
  auto printer = resolve(*scene.loop, "printer", {"AAAA"});
  const auto answer = printer->next().wait().value();
  ASSERT_EQ(answer->addresses().size(), 1U);
  EXPECT_EQ(answer->addresses().front().scope_id(), eth0->index());
  EXPECT_EQ(unused, (std::vector<std::string>{
                        "/etc/resolv.conf: line 1: \"fe80::1%nosuch\" is not an address",
                        "/etc/hosts: 2 lines without an address and a name"}));
}

TEST(Resolver, says_when_no_server_is_configured) {
  Scene scene;
  EXPECT_TRUE(scene.loop->path()->supports_dns());
  scene.home.write_file("/etc/resolv.conf", "search example.com\n");
  const Path path = scene.loop->path().value();
  EXPECT_FALSE(path.supports_dns());
  EXPECT_TRUE(path.dns_servers().empty());
  sim::DnsServer local(scene.home);
  local.add("www.example.com", "A", "203.0.113.80");
  EXPECT_EQ(look_up(*scene.loop, "www", LookupOptions())->status(), ResolutionStatus::ok)
      << "this host is asked all the same";
}

TEST(Resolver, heeds_the_hosts_file_unless_told_to_ask) {
  Scene scene;
  scene.home.write_file("/etc/hosts", "192.0.2.77 www.example.com\n");
  EXPECT_EQ(look_up(*scene.loop, "www.example.com", LookupOptions())->source(),
            ResolutionSource::hosts);
  EXPECT_EQ(look_up(*scene.loop, "www.example.com", LookupOptions().use_cache(false))->source(),
            ResolutionSource::query);
}

TEST(Resolver, heeds_the_first_entries_of_a_very_large_hosts_file) {
  Scene scene;
  std::string hosts = "192.0.2.77 www.example.com\n";
  while (hosts.size() < 5'000'000)
    hosts += "# a comment that is a hundred kilobytes" + std::string(100'000, ' ') + "long\n";
  scene.home.write_file("/etc/hosts", hosts);
  EXPECT_EQ(look_up(*scene.loop, "www.example.com", LookupOptions())->source(),
            ResolutionSource::hosts);
}

TEST(Resolve, a_name_that_dns_cannot_carry_is_an_invalid_argument) {
  Scene scene;
  for (const std::string& name :
       {std::string("a..b"), std::string(""), std::string("a\tb"), std::string("a\\"),
        std::string("a\\300"), std::string(64, 'x'), std::string(200, 'x') + ".com"}) {
    const auto lookup = resolve(*scene.loop, name, {"A"});
    ASSERT_FALSE(lookup.has_value()) << name;
    EXPECT_EQ(lookup.error().kind(), ErrorKind::invalid_argument) << name;
  }
}

TEST(Resolve, a_name_with_spaces_or_utf_8_is_asked_for_as_it_is) {
  Scene scene;
  for (const char* const name : {"a b.example.com",
                                 "b\xc3\xbc"
                                 "cher.example.com"}) {
    const auto answer = look_up(*scene.loop, name, LookupOptions());
    ASSERT_TRUE(answer.has_value()) << name;
    EXPECT_EQ(answer->status(), ResolutionStatus::nxdomain) << name;
    EXPECT_EQ(answer->name().find_first_not_of("abcdefghijklmnopqrstuvwxyz.\\0123456789 "),
              std::string::npos)
        << answer->name();
  }
}

TEST(Resolve, tells_the_ttl_of_each_record_and_the_least_of_the_chain) {
  Scene scene;
  scene.dns->add("two.example.com", "A", "203.0.113.79", 100s);
  scene.dns->add("two.example.com", "A", "203.0.113.80", 300s);
  scene.dns->add("alias.example.com", "CNAME", "two.example.com", 60s);
  const auto answer = look_up(*scene.loop, "alias.example.com", LookupOptions());
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->records().size(), 2U);
  std::vector<std::uint32_t> ttls;
  for (const ResolvedRecord& record : answer->records()) {
    EXPECT_TRUE(record.address().has_value());
    ttls.push_back(record.ttl_seconds());
  }
  std::ranges::sort(ttls);
  EXPECT_EQ(ttls, (std::vector<std::uint32_t>{100, 300}));
  EXPECT_EQ(answer->ttl_seconds(), 60U);
}

TEST(Resolve, at_most_4096_lookups_run_at_once) {
  Scene scene;
  std::vector<Lookup> lookups;
  for (int i = 0; i < 4096; ++i)
    lookups.push_back(
        resolve(*scene.loop, "n" + std::to_string(i) + ".example.com", {"A"}).value());
  EXPECT_EQ(resolve(*scene.loop, "one.more.example.com", {"A"}).error().kind(),
            ErrorKind::limit_exceeded);
}

}  // namespace
}  // namespace bowline::test
