#include "secure_scene.h"

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

TEST(Tls, carries_bytes_between_two_that_trust_one_root) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(scene.trusting());
  const Result<void> ready = client.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  ASSERT_TRUE(client.send("hello").wait().has_value());
  EXPECT_EQ(client.receive(5).wait()->text(), "hello");
  const Report report = client.report();
  ASSERT_EQ(report.handshakes().size(), 2U);
  EXPECT_EQ(report.handshakes()[1].protocol(), "tls");
  EXPECT_EQ(agreed(report, "version"), "1.3");
  EXPECT_NE(agreed(report, "trust"), "");
  EXPECT_EQ(report.attempts()[0].protocol(), "tls");
}

TEST(Tls, is_what_the_short_spelling_gives_with_the_roots_of_the_host) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection without = connect(*scene.loop, host("www.example.com", 443));
  EXPECT_EQ(without.ready().wait().error().kind(), ErrorKind::untrusted);
  scene.home.write_file("/etc/ssl/certs/ca-certificates.crt", scene.root.certificates);
  Loop loop(scene.home);
  StreamConnection client = connect(loop, host("www.example.com", 443));
  const Result<void> ready = client.ready().wait();
  EXPECT_TRUE(ready.has_value()) << to_string(ready.error());
}

TEST(Tls, carries_much_both_ways_and_ends_in_order) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(scene.trusting());
  ASSERT_TRUE(client.ready().wait().has_value());
  std::string sent(3 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 251);
  client.send(sent).detach();
  client.finish().detach();
  std::string got;
  for (;;) {
    const Result<Message> piece = client.receive().wait();
    ASSERT_TRUE(piece.has_value()) << to_string(piece.error());
    got += piece->text();
    if (piece->end_of_stream()) break;
  }
  EXPECT_TRUE(got == sent);
}

TEST(Tls, refuses_a_server_whose_root_it_does_not_know) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(SecurityOptions().system_roots(false));
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::untrusted) << to_string(ready.error());
  scene.sim.run_for(1s);
  EXPECT_EQ(listener.accepted_count(), 0U);
  EXPECT_EQ(listener.handshake_failures(), 1U);
}

TEST(Tls, refuses_each_certificate_with_a_flaw) {
  for (const CertificateFlaw flaw : certificate_flaws()) {
    if (flaw == CertificateFlaw::oversized_key) continue;  // nobody has its private key
    // A server of the TLS library will not show these at all; src/drive/secure tests that they are refused.
    if (flaw == CertificateFlaw::authority_as_peer || flaw == CertificateFlaw::weak_key) continue;
    SecureScene scene;
    const auto listener = scene.serve(tls(SecurityOptions().identity(
        scene.identity(CertificateRequest("web").name("www.example.com").flaw(flaw)))));
    StreamConnection client = scene.connect_with(scene.trusting());
    const Result<void> ready = client.ready().wait();
    ASSERT_FALSE(ready.has_value()) << to_string(flaw);
    EXPECT_EQ(ready.error().kind(), ErrorKind::untrusted)
        << to_string(flaw) << ": " << to_string(ready.error());
  }
}

TEST(Tls, h24_a_bad_certificate_on_one_address_lets_the_next_one_win_and_is_told) {
  SecureScene scene;
  scene.dns->add("www.example.com", "A", "203.0.113.81");
  const auto bad = scene.serve(tls(SecurityOptions().identity(scene.identity(
                                   CertificateRequest("bad").name("other.example")))),
                               "203.0.113.80");
  const auto good =
      scene.serve(tls(SecurityOptions().identity(scene.web_identity())), "203.0.113.81");
  for (int i = 0; i < 4; ++i) {
    StreamConnection client = scene.connect_with(scene.trusting());
    const Result<void> ready = client.ready().wait();
    ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
    EXPECT_EQ(to_string(*client.remote_address()), "203.0.113.81:443");
  }
}

TEST(Tls, asks_clients_for_certificates) {
  SecureScene scene;
  SecurityOptions server = scene.trusting();
  server.identity(scene.web_identity()).client_certificates(ClientCertificates::required);
  const auto listener = scene.serve(tls(server));
  SecurityOptions with = scene.trusting();
  with.identity(
      scene.identity(CertificateRequest("device 7").name("device7.example").for_client()));
  StreamConnection known = scene.connect_with(with);
  ASSERT_TRUE(known.send("hello").wait().has_value());
  EXPECT_EQ(known.receive(5).wait()->text(), "hello");
  StreamConnection unknown = scene.connect_with(scene.trusting());
  unknown.send("hello").detach();
  EXPECT_FALSE(unknown.receive(5).wait().has_value());
}

TEST(Tls, is_spoken_by_those_who_share_a_key) {
  SecureScene scene;
  const std::string key(32, 'k');
  SecurityOptions options;
  options.preshared_key("lamp", std::as_bytes(std::span(key)));
  const auto listener = scene.serve(tls(options));
  StreamConnection client = scene.connect_with(options, host("203.0.113.80", 443));
  const Result<void> ready = client.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  EXPECT_EQ(agreed(client.report(), "psk"), "lamp");
  const std::string wrong(32, 'w');
  StreamConnection stranger =
      scene.connect_with(SecurityOptions().preshared_key("lamp", std::as_bytes(std::span(wrong))),
                         host("203.0.113.80", 443));
  EXPECT_FALSE(stranger.ready().wait().has_value());
}

TEST(Tls, threat_89_resumes_with_a_ticket_only_where_everything_is_the_same) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  const SecurityOptions options = scene.trusting();
  const auto resumed = [&](const SecurityOptions& with) {
    StreamConnection client = scene.connect_with(with);
    EXPECT_TRUE(client.send("x").wait().has_value());
    EXPECT_TRUE(client.receive(1).wait().has_value());
    return agreed(client.report(), "resumed");
  };
  EXPECT_EQ(resumed(options), "");
  EXPECT_EQ(resumed(options), "yes");
  SecurityOptions pinned = options;
  const auto leaf = read_certificates(std::as_bytes(std::span(scene.root.certificates)));
  pinned.pin(to_pin(leaf->front().key_digest()));
  EXPECT_EQ(resumed(pinned), "") << "another trust has tickets of its own";
  SecurityOptions never = options;
  never.resume(false);
  EXPECT_EQ(resumed(never), "");
}

TEST(Tls, alpn_is_agreed_on) {
  SecureScene scene;
  const auto listener =
      scene.serve(tls(SecurityOptions().identity(scene.web_identity()).alpn({"h2", "http/1.1"})));
  StreamConnection client = scene.connect_with(scene.trusting().alpn({"http/1.1"}));
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(agreed(client.report(), "alpn"), "http/1.1");
}

TEST(Tls, survives_a_bad_link) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SecureScene scene(seed, sim::LinkOptions().delay(5ms).loss(0.05));
    const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
    StreamConnection client = scene.connect_with(scene.trusting());
    const std::string much(200 * 1024, 'm');
    client.send(much).detach();
    const Result<Message> got = client.receive(much.size(), much.size()).wait();
    ASSERT_TRUE(got.has_value()) << "seed " << seed << ": " << to_string(got.error());
    EXPECT_TRUE(got->text() == much);
  }
}

TEST(Tls, an_option_that_makes_no_sense_fails_the_connection_and_is_named) {
  SecureScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().identity(scene.web_identity())));
  StreamConnection client = scene.connect_with(scene.trusting().pin("not a pin"));
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::invalid_argument);
}

TEST(Tls, a_listener_that_could_serve_nobody_is_refused_at_once) {
  SecureScene scene;
  const auto naked = listen(*scene.web_loop, host("203.0.113.80", 443), tls());
  ASSERT_FALSE(naked.has_value());
  EXPECT_EQ(naked.error().kind(), ErrorKind::invalid_argument);
  EXPECT_NE(to_string(naked.error()).find("identity"), std::string::npos);
  const auto broken = listen(*scene.web_loop, host("203.0.113.80", 443),
                             tls(SecurityOptions().root(std::string_view("no certificate"))));
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().kind(), ErrorKind::malformed) << to_string(broken.error());
}

TEST(Tls, carries_messages_under_a_framer) {
  SecureScene scene;
  auto listener = listen(*scene.web_loop, host("203.0.113.80", 443),
                         length_prefixed(tls(SecurityOptions().identity(scene.web_identity()))));
  MessageConnection server;
  listener->on_connection([&](MessageConnection connection) { server = std::move(connection); });
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 443), length_prefixed(tls(scene.trusting())));
  ASSERT_TRUE(client.send("one").wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
  EXPECT_EQ(server.receive().wait()->text(), "one");
}

}  // namespace
}  // namespace bowline::test
