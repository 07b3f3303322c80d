#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "measure.h"
#include "servers.h"

// Racing, against nginx and Python behind dual-stack names, with what networks do to IPv6.

namespace bowline::test {
namespace {

struct Racing : Lab {
  void SetUp() override {
    Lab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    dns.emplace(start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"}));
  }
  void TearDown() override {
    dns.reset();
    Lab::TearDown();
  }

  /// By name, with a loop of its own so that no cache or history speaks.
  [[nodiscard]] Page fetch_by_name(const Parameters& parameters = {}) {
    Loop loop;
    Result<Page> page = fetch(loop, host(name, 80), parameters);
    EXPECT_TRUE(page.has_value()) << to_string(page.error());
    return page.has_value() ? *page : Page();
  }

  std::optional<Child> dns;
};

const Attempt* attempt_over(const Report& report, Family family) {
  const auto found = std::ranges::find(report.attempts(), family, [](const Attempt& attempt) {
    return attempt.remote().ip.family();
  });
  return found == report.attempts().end() ? nullptr : &*found;
}

TEST_F(Racing, a_dual_stack_nginx_is_reached_over_ipv6) {
  const Child nginx = start_nginx(*this);
  const Page page = fetch_by_name(Parameters().resolution_delay(5s));
  EXPECT_TRUE(page.text.ends_with("nginx\n")) << page.text;
  ASSERT_TRUE(page.report.remote().has_value());
  EXPECT_EQ(to_string(*page.report.remote()), "[2001:db8::2]:80");
  EXPECT_EQ(page.report.interface(), "near");
  EXPECT_EQ(page.report.attempts().size(), 1U) << describe(page.report);
}

TEST_F(Racing, a_dual_stack_python_server_is_reached_over_either_family) {
  const Child python = start_python(*this);
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const Page page = fetch_by_name(Parameters().prefer(family).resolution_delay(5s));
    EXPECT_TRUE(page.text.ends_with("python\n")) << page.text;
    EXPECT_EQ(page.report.remote().value().ip.family(), family);
  }
}

TEST_F(Racing, threat_1_a_black_holed_ipv6_costs_the_attempt_delay_and_no_more) {
  const Child nginx = start_nginx(*this);
  far_rule("ip6 daddr 2001:db8::2 tcp dport 80 drop");
  constexpr Duration limit = 250ms + 50ms;
  const Duration best = best_of_a_few(limit, [&] {
    const Page page = fetch_by_name();
    EXPECT_EQ(page.report.attempts().size(), 2U) << describe(page.report);
    const Attempt* loser = attempt_over(page.report, Family::ipv6);
    const Attempt* winner = attempt_over(page.report, Family::ipv4);
    if (loser == nullptr || winner == nullptr) return Duration::max();
    EXPECT_EQ(loser->outcome(), AttemptOutcome::lost);
    EXPECT_TRUE(loser->ended().has_value());
    EXPECT_EQ(winner->outcome(), AttemptOutcome::won);
    EXPECT_GE(winner->started() - loser->started(), 250ms);
    return page.report.total();
  });
  EXPECT_LE(best, limit);
  std::printf("IPv6 black-holed: connected after %s\n", to_string(best).c_str());
}

/// Attempts are at least 10 ms apart (RFC 8305 5); a timer of the kernel's wakes a little later.
constexpr Duration at_once = 10ms + 3ms;

/// How long after the first attempt ended the second began.
Duration step(const Page& page) {
  EXPECT_EQ(page.report.attempts().size(), 2U) << describe(page.report);
  if (page.report.attempts().size() != 2) return Duration::max();
  EXPECT_EQ(page.report.attempts()[1].outcome(), AttemptOutcome::won);
  return page.report.attempts()[1].started() - page.report.attempts()[0].ended().value();
}

TEST_F(Racing, threat_4_an_ipv6_that_is_reset_is_followed_by_ipv4_at_once) {
  const Child nginx = start_nginx(*this);
  far_rule("ip6 daddr 2001:db8::2 tcp dport 80 reject with tcp reset");
  const Duration best = best_of_a_few(at_once, [&] {
    const Page page = fetch_by_name();
    EXPECT_EQ(page.report.attempts().front().outcome(), AttemptOutcome::refused)
        << describe(page.report);
    return step(page);
  });
  EXPECT_LE(best, at_once);
  std::printf("IPv6 reset: IPv4 started %s later\n", to_string(best).c_str());
}

TEST_F(Racing, threat_4_an_ipv6_that_is_unreachable_is_followed_by_ipv4_at_once) {
  const Child nginx = start_nginx(*this);
  for (const char* reason : {"host-unreachable", "admin-prohibited", "no-route"}) {
    far_rule(std::string("ip6 daddr 2001:db8::2 tcp dport 80 reject with icmpx ") + reason);
    const Duration best = best_of_a_few(at_once, [&] {
      const Page page = fetch_by_name();
      EXPECT_EQ(page.report.attempts().front().outcome(), AttemptOutcome::unreachable)
          << reason << describe(page.report);
      return step(page);
    });
    EXPECT_LE(best, at_once) << reason;
    std::printf("IPv6 %s: IPv4 started %s later\n", reason, to_string(best).c_str());
  }
}

TEST_F(Racing, an_address_that_a_router_prohibits_is_waited_for) {
  far_rule("ip6 daddr 2001:db8::2 tcp dport 80 reject with icmpv6 admin-prohibited");
  Loop loop;
  StreamConnection connection =
      connect(loop, at(far_v6), tcp(), Parameters().wait(Waiting::for_peer));
  ASSERT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::waiting; }));
  const std::optional<Error> error = connection.report().error();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind(), ErrorKind::unreachable) << to_string(*error);
}

/// On port 80 of 2001:db8::2, a socket whose queue is full, so that the system drops further SYNs. It accepts
/// again once somebody has connected to port 81.
void serve_with_a_full_queue() {
  const auto open = [](std::uint16_t port, int backlog, sockaddr_in6& at) {
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    ::inet_pton(AF_INET6, Lab::far_v6, &at.sin6_addr);
    const int listener = ::socket(AF_INET6, SOCK_STREAM, 0);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
      tell("cannot bind");
    ::listen(listener, backlog);
    return listener;
  };
  sockaddr_in6 at{};
  const int again = open(81, 8, at);
  const int listener = open(80, 0, at);
  const int filler = ::socket(AF_INET6, SOCK_STREAM, 0);
  const bool filled = ::connect(filler, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  tell(filled ? "ready" : std::string("cannot connect: ") + std::strerror(errno));
  ::accept(again, nullptr, nullptr);
  while (::accept(listener, nullptr, nullptr) >= 0) {
  }
}

TEST_F(Racing, an_ipv6_whose_accept_queue_is_full_loses_to_ipv4) {
  Child full = start([] { serve_with_a_full_queue(); });
  ASSERT_TRUE(full.says("ready")) << full.said();
  const Child python = start_python(*this, far_v4);
  const Page page = fetch_by_name();
  EXPECT_EQ(page.report.remote().value().ip.family(), Family::ipv4) << describe(page.report);
  EXPECT_EQ(page.report.attempts().front().outcome(), AttemptOutcome::lost);
}

TEST_F(Racing, an_accept_queue_that_empties_late_delays_the_connection_and_does_not_fail_it) {
  Child full = start([] { serve_with_a_full_queue(); });
  ASSERT_TRUE(full.says("ready")) << full.said();
  Loop loop;
  StreamConnection connection =
      connect(loop, host(name, 80), tcp(), Parameters().only(Family::ipv6));
  run_for(loop, 300ms);
  EXPECT_EQ(connection.state(), ConnectionState::preparing);
  const StreamConnection again = connect(loop, at(far_v6, 81), tcp());
  ASSERT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::ready; }));
  EXPECT_EQ(connection.report().attempts().size(), 1U) << describe(connection.report());
}

TEST_F(Racing, of_twenty_dead_addresses_and_one_alive_the_one_is_found_in_turn) {
  std::string addresses;
  for (int i = 1; i <= 20; ++i) addresses += "198.51.100." + std::to_string(i) + ",";
  dns.reset();
  dns.emplace(start_dns(*this, {"A=" + addresses + "203.0.113.1"}));
  far("ip address add 203.0.113.1/32 dev lo");
  const Child nginx = start_nginx(*this);
  constexpr Duration delay = 100ms;
  constexpr Duration limit = 20 * delay + 100ms;
  const Duration best = best_of_a_few(limit, [&] {
    const std::ptrdiff_t descriptors = count_descriptors();
    const Page page = fetch_by_name(Parameters().attempt_delay(delay));
    EXPECT_EQ(to_string(page.report.remote().value()), "203.0.113.1:80");
    EXPECT_EQ(page.report.attempts().size(), 21U) << describe(page.report);
    EXPECT_EQ(count_descriptors(), descriptors);
    return page.report.total();
  });
  EXPECT_LE(best, limit);
  std::printf("20 dead addresses: connected to the 21st after %s\n", to_string(best).c_str());
}

}  // namespace
}  // namespace bowline::test
