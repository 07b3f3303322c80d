#include <gtest/gtest.h>

#include <bowline/stack.h>

#include "story.h"

// A setting that cannot be honoured is an error that names it.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(Settings, that_cannot_be_honoured_are_errors_that_name_them) {
  Scene scene;
  const auto fails = [&](const Parameters& parameters,
                         const Endpoint& endpoint = host("www.example.com", 80)) {
    StreamConnection connection =
        connect(*scene.loop, endpoint, tcp(), Parameters(parameters).wait(Waiting::never));
    const Result<void> result = connection.ready().wait();
    return result.has_value() ? std::string("connected") : to_string(result.error());
  };
  EXPECT_NE(fails(Parameters().interface("wlan7")).find("wlan7"), std::string::npos);
  EXPECT_NE(fails(Parameters().source(*IpAddress::parse("10.9.8.7"))).find("10.9.8.7"),
            std::string::npos)
      << fails(Parameters().source(*IpAddress::parse("10.9.8.7")));
  EXPECT_NE(fails({}, host("fe80::1%wlan7", 80)).find("wlan7"), std::string::npos);
  EXPECT_NE(fails({}, host("bad..name", 80)).find("bad..name"), std::string::npos);
  const auto listener = listen(*scene.loop, host("www.example.com", 80), tcp());
  ASSERT_FALSE(listener.has_value());
  EXPECT_NE(to_string(listener.error()).find("www.example.com"), std::string::npos);
  const auto elsewhere = listen(*scene.loop, Endpoint(*SocketAddress::parse("10.9.8.7:80")), tcp());
  ASSERT_FALSE(elsewhere.has_value());
  EXPECT_EQ(elsewhere.error().kind(), ErrorKind::address_unavailable);
  EXPECT_NE(to_string(elsewhere.error()).find("10.9.8.7:80"), std::string::npos);
  const auto lookup = resolve(*scene.loop, "www.example.com", {"BOGUS"});
  ASSERT_FALSE(lookup.has_value());
  EXPECT_NE(to_string(lookup.error()).find("BOGUS"), std::string::npos);
}

TEST(Settings, that_say_nothing_to_a_listener_are_refused_by_name) {
  Scene scene;
  const Endpoint local = everywhere(82);
  const auto refused = [&](const Parameters& parameters) {
    const auto over_tcp = listen(*scene.loop, local, tcp(), parameters);
    const auto over_udp = listen(*scene.loop, local, udp(), parameters);
    if (over_tcp.has_value() || over_udp.has_value()) return std::string("taken");
    EXPECT_EQ(over_tcp.error().kind(), ErrorKind::unsupported);
    EXPECT_EQ(over_udp.error().subject(), over_tcp.error().subject());
    return std::string(over_tcp.error().subject());
  };
  EXPECT_EQ(refused(Parameters().wait(Waiting::never)), "wait");
  EXPECT_EQ(refused(Parameters().connect_within(1s)), "connect_within");
  EXPECT_EQ(refused(Parameters().source(*IpAddress::parse("192.0.2.10"))), "source");
  EXPECT_EQ(refused(Parameters().source(IpAddress::any(Family::ipv4), 5)), "source");
  EXPECT_EQ(refused(Parameters().prefer(Family::ipv4)), "prefer");
  EXPECT_EQ(refused(Parameters().resolver(SocketAddress())), "resolver");
  EXPECT_EQ(refused(Parameters().expired_answers(true)), "expired_answers");
  EXPECT_EQ(refused(Parameters().resolution_delay(1s)), "resolution_delay");
  EXPECT_EQ(refused(Parameters().attempt_delay(1s)), "attempt_delay");
  EXPECT_EQ(refused(Parameters().attempt_timeout(1s)), "attempt_timeout");
  EXPECT_EQ(refused(Parameters().retry_delay(1s, 60s)), "taken") << "what it is unless set";
  EXPECT_EQ(refused(Parameters().retry_delay(1s, 5s)), "retry_delay");
  EXPECT_EQ(refused(Parameters()
                        .only(Family::ipv6)
                        .interface("eth0")
                        .reuse_local_address(true)
                        .high_water_bytes(5)
                        .close_within(1s)),
            "taken");
}

TEST(Settings, of_a_framer_that_make_no_sense_fail_both_ends_and_nothing_else) {
  Scene scene;
  const auto odd = length_prefixed(tcp(), LengthPrefix().bytes(3));
  auto listener = *listen(*scene.web_loop, everywhere(81), odd);
  std::vector<MessageConnection> accepted;
  listener.on_connection(
      [&](MessageConnection connection) { accepted.push_back(std::move(connection)); });
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 81), odd, Parameters().wait(Waiting::never));
  const Result<void> result = client.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::invalid_argument);
  scene.sim.run_for(1s);
  EXPECT_TRUE(accepted.empty());
  EXPECT_EQ(listener.handshake_failures(), 2U) << "one for each address";
}

TEST(Settings, of_a_receive_that_make_no_sense_are_invalid_arguments) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.receive(5, 4).wait().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.receive(0, 0).wait().error().kind(), ErrorKind::invalid_argument);
  constexpr std::size_t four_gib = std::size_t{1} << 32;
  EXPECT_EQ(scene.client.receive(four_gib, four_gib).wait().error().kind(),
            ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.receive_into({}).wait().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.state(), ready);
}

}  // namespace
}  // namespace bowline::test
