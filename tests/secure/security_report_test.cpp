#include "secure_scene.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

TEST(SecurityReports, of_both_ends_agree_and_outlive_the_connection) {
  SecureScene scene;
  const auto listener =
      scene.serve(tls(SecurityOptions().identity(scene.web_identity()).alpn({"echo"})));
  StreamConnection client = scene.connect_with(scene.trusting().alpn({"other", "echo"}));
  EXPECT_FALSE(client.security().has_value());
  ASSERT_TRUE(client.ready().wait().has_value());
  const auto ours = client.security();
  ASSERT_TRUE(ours.has_value());
  EXPECT_TRUE(ours->is_established());
  EXPECT_EQ(ours->protocol() + " " + ours->version(), "TLS 1.3");
  EXPECT_EQ(ours->alpn(), "echo");
  EXPECT_EQ(ours->server_name(), "www.example.com");
  ASSERT_EQ(ours->peer_chain().size(), 1U);
  EXPECT_EQ(ours->peer_chain()[0].subject(), "CN=web");
  EXPECT_TRUE(ours->trust().is_trusted());
  EXPECT_EQ(ours->trust().root_origin(), RootOrigin::program);
  EXPECT_TRUE(ours->exceptions().empty());

  scene.sim.run_for(1s);
  ASSERT_EQ(scene.accepted.size(), 1U);
  const auto theirs = scene.accepted.front().security();
  ASSERT_TRUE(theirs.has_value());
  EXPECT_EQ(theirs->cipher() + theirs->group() + theirs->server_name(),
            ours->cipher() + ours->group() + ours->server_name());
  // A server that wants no client certificates judges nobody.
  EXPECT_TRUE(theirs->peer_chain().empty());
  EXPECT_EQ(theirs->trust().sentence(), "");

  ASSERT_TRUE(client.close().wait().has_value());
  ASSERT_TRUE(client.security().has_value());
  EXPECT_EQ(client.security()->peer_chain()[0].subject(), "CN=web");
}

TEST(SecurityReports, tell_whom_a_refused_attempt_met) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.identity(
      CertificateRequest("old").name("www.example.com").flaw(CertificateFlaw::expired)))));
  StreamConnection client = scene.connect_with(scene.trusting());
  ASSERT_FALSE(client.ready().wait().has_value());
  const auto met = client.security();
  ASSERT_TRUE(met.has_value());
  EXPECT_FALSE(met->is_established());
  EXPECT_FALSE(met->trust().is_trusted());
  ASSERT_FALSE(met->trust().problems().empty());
  EXPECT_EQ(met->trust().problems()[0].fault, TrustFault::expired);
  ASSERT_FALSE(met->peer_chain().empty());
  EXPECT_EQ(met->peer_chain()[0].subject(), "CN=old");
  const Report report = client.report();
  ASSERT_TRUE(report.attempts()[0].security().has_value());
  EXPECT_EQ(report.attempts()[0].security()->trust().sentence(), met->trust().sentence());
}

TEST(SecurityReports, keep_who_lost_apart_from_who_won) {
  SecureScene scene;
  scene.dns->add("www.example.com", "A", "203.0.113.81");
  const auto wrong = scene.serve(
      tls(SecurityOptions().identity(scene.identity(CertificateRequest("no").name("a.example")))),
      "203.0.113.80");
  const auto right =
      scene.serve(tls(SecurityOptions().identity(scene.web_identity())), "203.0.113.81");
  // Whichever goes first, the right one wins, and only the wrong one has a report of a failure.
  StreamConnection client = scene.connect_with(scene.trusting());
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(client.security()->peer_chain()[0].subject(), "CN=web");
  for (const Attempt& attempt : client.report().attempts()) {
    if (attempt.outcome() == AttemptOutcome::tls_failed)
      EXPECT_EQ(attempt.security()->peer_chain()[0].subject(), "CN=no");
    else
      EXPECT_FALSE(attempt.security().has_value());
  }
}

TEST(SecurityReports, are_not_there_for_plain_text) {
  SecureScene scene;
  const auto listener = scene.serve(tcp());
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_FALSE(client.security().has_value());
  EXPECT_FALSE(client.report().security().has_value());
}

TEST(SecurityReports, name_the_exceptions_that_were_made_use_of) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client =
      scene.connect_with(SecurityOptions().system_roots(false).trust_anybody());
  ASSERT_TRUE(client.ready().wait().has_value());
  const auto security = client.security();
  ASSERT_EQ(security->exceptions().size(), 1U);
  EXPECT_TRUE(security->exceptions()[0].starts_with("trust_anybody: "));
  EXPECT_EQ(security->trust().problems()[0].fault, TrustFault::unknown_authority);
  // Where it makes no difference it is no exception.
  StreamConnection trusted = scene.connect_with(scene.trusting().trust_anybody());
  ASSERT_TRUE(trusted.ready().wait().has_value());
  EXPECT_TRUE(trusted.security()->exceptions().empty());
}

TEST(SecurityReports, of_many_failures_are_the_last_sixteen) {
  SecureScene scene;
  std::vector<std::string> addresses;
  for (int i = 100; i < 120; ++i) {
    addresses.push_back("203.0.113." + std::to_string(i));
    scene.dns->add("many.example.com", "A", addresses.back());
  }
  sim::Host& many = scene.sim.add_host("many");
  for (const std::string& address : addresses)
    many.attach(scene.internet, "if" + address.substr(10), {address + "/24"});
  Loop loop(many);
  auto listener = listen(
      loop, any(443),
      tls(SecurityOptions().identity(scene.identity(CertificateRequest("no").name("a.example")))));
  ASSERT_TRUE(listener.has_value());
  listener->on_connection([](const StreamConnection&) {});
  StreamConnection client = scene.connect_with(scene.trusting(), host("many.example.com", 443));
  ASSERT_FALSE(client.ready().wait().has_value());
  const Report report = client.report();
  ASSERT_EQ(report.attempts().size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(report.attempts()[i].security().has_value(), i >= 4)
        << i << ' ' << to_string(report.attempts()[i]);
}

}  // namespace
}  // namespace bowline::test
