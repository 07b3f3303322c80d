#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "measure.h"
#include "servers.h"

// Names: real DNS servers, and servers that are silent, broken, late, or die in the middle of it.

namespace bowline::test {
namespace {

struct Names : Lab {
  void SetUp() override {
    Lab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    web.emplace(start_listener(*this, 80, Conduct::echo));
  }
  void TearDown() override {
    web.reset();
    Lab::TearDown();
  }

  /// The answers by type, once all have come.
  std::map<std::string, Resolution> look_up(LookupOptions options = {}) {
    Loop loop;
    std::map<std::string, Resolution> answers;
    Result<Lookup> lookup = resolve(loop, name, {"AAAA", "A"}, options);
    EXPECT_TRUE(lookup.has_value());
    for (;;) {
      auto next = lookup->next().wait();
      if (!next.has_value() || !next->has_value()) return answers;
      answers.emplace((*next)->type(), **next);
    }
  }

  /// A machine that is busy with something else does not make IPv6 late.
  static Parameters unhurried() { return Parameters().resolution_delay(5s); }

  /// Connects by name; gives how it came to be, ready or not.
  Report connect_by_name(Parameters parameters = {}) {
    Loop loop;
    if (parameters.connect_within() == Parameters().connect_within())
      parameters.connect_within(patience);
    StreamConnection connection = connect(loop, host(name, 80), tcp(), parameters);
    static_cast<void>(connection.ready().wait());
    return connection.report();
  }

  std::optional<Child> web;
};

std::string remote_of(const Report& report) {
  return report.remote().has_value() ? to_string(*report.remote()) : "none";
}

TEST_F(Names, unbound_answers_each_type_and_the_name_is_connected_to) {
  const Child unbound = start_unbound(*this);
  auto answers = look_up();
  EXPECT_EQ(answers["A"].answers(), std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(answers["AAAA"].answers(), std::vector<std::string>{"2001:db8::2"});
  EXPECT_EQ(answers["A"].server(), SocketAddress::parse("192.0.2.53:53").value());
  EXPECT_EQ(remote_of(connect_by_name(unhurried())), "[2001:db8::2]:80");
}

TEST_F(Names, dnsmasq_answers_each_type_and_the_name_is_connected_to) {
  const Child dnsmasq = start_dnsmasq(*this);
  auto answers = look_up();
  EXPECT_EQ(answers["A"].answers(), std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(answers["AAAA"].answers(), std::vector<std::string>{"2001:db8::2"});
  EXPECT_EQ(remote_of(connect_by_name(unhurried())), "[2001:db8::2]:80");
}

TEST_F(Names, a_name_that_unbound_does_not_know_fails_at_once_and_says_so) {
  const Child unbound = start_unbound(*this);
  Loop loop;
  StreamConnection connection =
      connect(loop, host("nobody.bowline.test", 80), tcp(), Parameters().wait(Waiting::never));
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::name_not_found) << to_string(ready.error());
  EXPECT_LT(connection.report().total(), 4s);
}

TEST_F(Names, a_truncated_answer_is_fetched_over_tcp) {
  const Child dns = start_dns(*this, {"A=truncated:192.0.2.2", "AAAA=2001:db8::2"});
  auto answers = look_up();
  EXPECT_EQ(answers["A"].answers(), std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(answers["A"].transport(), ResolverTransport::tcp);
  EXPECT_EQ(answers["AAAA"].transport(), ResolverTransport::udp);
}

TEST_F(Names, a_silent_server_is_followed_by_the_next) {
  far("ip address add 192.0.2.54/24 dev far");
  write_resolv_conf("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1\n");
  const Child silent = start_dns(*this, {"A=silent", "AAAA=silent"});
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"}, "192.0.2.54");
  const Report report = connect_by_name(unhurried());
  EXPECT_EQ(remote_of(report), "[2001:db8::2]:80") << describe(report);
  EXPECT_LT(report.total(), 3s) << describe(report);
}

TEST_F(Names, servers_that_are_all_silent_fail_the_connection_and_do_not_hang_it) {
  write_resolv_conf("nameserver 192.0.2.53\noptions timeout:1 attempts:1\n");
  const Child silent = start_dns(*this, {"A=silent", "AAAA=silent"});
  Loop loop;
  StreamConnection connection =
      connect(loop, host(name, 80), tcp(), Parameters().wait(Waiting::never));
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::resolution_failed) << to_string(ready.error());
  EXPECT_LT(connection.report().total(), 5s) << describe(connection.report());
}

TEST_F(Names, threat_2_an_ipv6_answer_that_never_comes_costs_the_resolution_delay_and_no_more) {
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=silent"});
  constexpr Duration limit = 50ms + 50ms;
  const Duration best = best_of_a_few(limit, [&] {
    const Report report = connect_by_name();
    EXPECT_EQ(remote_of(report), "192.0.2.2:80");
    EXPECT_GE(report.total(), 50ms) << describe(report);
    return report.total();
  });
  EXPECT_LE(best, limit);
  std::printf("AAAA never: connected after %s\n", to_string(best).c_str());
}

TEST_F(Names, threat_2_an_ipv6_answer_of_servfail_does_not_hold_ipv4_back) {
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=servfail"});
  constexpr Duration limit = 50ms + 50ms;
  const Duration best = best_of_a_few(limit, [&] {
    const Report report = connect_by_name();
    EXPECT_EQ(remote_of(report), "192.0.2.2:80");
    return report.total();
  });
  EXPECT_LE(best, limit);
  std::printf("AAAA SERVFAIL: connected after %s\n", to_string(best).c_str());
}

TEST_F(Names, threat_2_an_ipv6_answer_within_the_resolution_delay_goes_first) {
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=late:100:2001:db8::2"});
  const Report report = connect_by_name(Parameters().resolution_delay(5s));
  EXPECT_EQ(remote_of(report), "[2001:db8::2]:80") << describe(report);
  EXPECT_GE(report.total(), 100ms);
  EXPECT_LT(report.total(), 5s);
}

TEST_F(Names, threat_2_an_ipv6_answer_after_the_resolution_delay_joins_the_race) {
  const Child dns = start_dns(*this, {"A=198.51.100.1", "AAAA=late:150:2001:db8::2"});
  const Report report = connect_by_name();
  EXPECT_EQ(remote_of(report), "[2001:db8::2]:80") << describe(report);
  ASSERT_EQ(report.attempts().size(), 2U) << describe(report);
  EXPECT_EQ(report.attempts().front().outcome(), AttemptOutcome::lost);
}

TEST_F(Names, a_resolver_that_dies_between_two_answers_does_not_take_the_connection_with_it) {
  const Child dns = start_dns(*this, {"A=dies:192.0.2.2", "AAAA=silent"});
  const Report report = connect_by_name();
  EXPECT_EQ(remote_of(report), "192.0.2.2:80") << describe(report);
}

TEST_F(Names, a_resolver_that_dies_in_the_middle_of_an_answer_is_followed_by_the_next) {
  far("ip address add 192.0.2.54/24 dev far");
  write_resolv_conf("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1\n");
  const Child dying = start_dns(*this, {"A=half:192.0.2.2", "AAAA=half:2001:db8::2"});
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"}, "192.0.2.54");
  const Report report = connect_by_name(unhurried());
  EXPECT_EQ(remote_of(report), "[2001:db8::2]:80") << describe(report);
  EXPECT_LT(report.total(), 5s) << describe(report);
}

TEST_F(Names, an_alias_leaves_the_answers_alone_and_a_lost_default_route_drops_them) {
  const Child dns = start_dns(*this, {"A=192.0.2.2"});
  Loop loop;
  const auto source = [&] {
    Lookup lookup = resolve(loop, name, {"A"}).value();
    return lookup.next().wait().value().value().source();
  };
  int changes = 0;
  const Tracing tracing = loop.trace(
      [&](const TraceEvent& event) { changes += event.kind == "network_changed" ? 1 : 0; });
  const Loop::Hold hold = loop.hold();
  EXPECT_EQ(source(), ResolutionSource::query);
  EXPECT_EQ(source(), ResolutionSource::cache);
  near("ip address add 192.0.2.77/24 dev near");
  ASSERT_TRUE(run_until(loop, [&] { return changes > 0; }));
  EXPECT_EQ(source(), ResolutionSource::cache);
  changes = 0;
  near("ip route del default via 192.0.2.2");
  ASSERT_TRUE(run_until(loop, [&] { return changes > 0; }));
  EXPECT_EQ(source(), ResolutionSource::query);
}

TEST_F(Names, no_resolver_at_all_is_told_at_once) {
  Loop loop;
  StreamConnection connection =
      connect(loop, host(name, 80), tcp(), Parameters().wait(Waiting::never));
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::resolution_failed) << to_string(ready.error());
}

}  // namespace
}  // namespace bowline::test
