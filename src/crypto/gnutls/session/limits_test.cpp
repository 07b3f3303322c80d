#include <gtest/gtest.h>

#include "crypto/gnutls/session/certificate_limits.h"
#include "crypto/gnutls/session/session.h"
#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsState;
using ports::TlsVersion;
using testing::SessionScene;
using testing::TestKey;

class Limits : public ::testing::TestWithParam<TlsVersion> {
 protected:
  Limits() {
    scene.client_configuration.versions = {GetParam()};
    scene.server_configuration.versions = {GetParam()};
  }
  static gnutls_session_t handle(testing::TestEnd& end) {
    return dynamic_cast<Session&>(*end.session).handle();
  }
  void expect_limit_exceeded(const testing::TestEnd& end) {
    ASSERT_EQ(end.session->state(), TlsState::failed);
    EXPECT_EQ(end.session->error()->kind(), ErrorKind::limit_exceeded)
        << end.session->error()->message();
    EXPECT_EQ(end.session->error()->domain(), ErrorDomain::tls);
  }
  SessionScene scene;
};

INSTANTIATE_TEST_SUITE_P(Versions, Limits,
                         ::testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls_1_2 ? "tls_1_2" : "tls_1_3";
                         });

TEST_P(Limits, end_a_handshake_with_a_key_that_is_too_long_before_it_is_used) {
  scene.server_configuration.identities = {scene.identity_for({"a.test"}, TestKey::rsa, 3072)};
  scene.client_configuration.key_bits_max = 3071;
  scene.make();
  scene.connect();
  expect_limit_exceeded(scene.client);
  EXPECT_TRUE(scene.client_verifier->questions.empty());
  EXPECT_EQ(scene.server.session->peer_alert(), 42);

  scene.client_configuration.key_bits_max = 3072;
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::open));
}

TEST_P(Limits, end_a_handshake_with_a_client_s_key_that_is_too_long) {
  scene.client_configuration.identities = {scene.identity_for({"client"}, TestKey::rsa, 3072)};
  scene.server_configuration.client_certificate =
      ports::TlsConfiguration::PeerCertificate::requested;
  scene.server_configuration.key_bits_max = 2048;
  scene.make();
  scene.connect();
  expect_limit_exceeded(scene.server);
  EXPECT_TRUE(scene.server_verifier->questions.empty());
}

TEST_P(Limits, end_a_handshake_with_too_many_certificates) {
  const auto leaf = scene.root.issue({"a.test"});
  const std::string chain = leaf.pem + scene.root.pem();
  scene.server_configuration.identities = {
      *scene.engine->make_identity(as_bytes(chain), as_bytes(leaf.key_pem), {})};
  scene.client_configuration.certificates_max = 1;
  scene.make();
  scene.connect();
  expect_limit_exceeded(scene.client);
  scene.client_configuration.certificates_max = 2;
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::open));
}

TEST_P(Limits, end_a_handshake_with_a_message_that_is_too_long) {
  scene.client_configuration.handshake_bytes_max = 300;
  scene.make();
  scene.connect();
  expect_limit_exceeded(scene.client);
}

TEST_P(Limits, end_a_flood_of_records_that_hold_nothing) {
  scene.make();
  scene.connect();
  int sent = 0;
  for (; sent < 100 && scene.server.session->state() == TlsState::open; ++sent) {
    if (GetParam() == TlsVersion::tls_1_2) {
      gnutls_alert_send(handle(scene.client), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    } else {
      ASSERT_TRUE(scene.client.session->update_keys(false).has_value());
      scene.wall_clock.time += std::chrono::seconds(1);
    }
    scene.pump();
  }
  expect_limit_exceeded(scene.server);
  EXPECT_EQ(sent, 33);
}

TEST_P(Limits, count_what_holds_nothing_only_in_a_row) {
  scene.make();
  scene.connect();
  for (int i = 0; i < 100; ++i) {
    if (GetParam() == TlsVersion::tls_1_2) {
      gnutls_alert_send(handle(scene.client), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    } else {
      ASSERT_TRUE(scene.client.session->update_keys(i % 2 == 0).has_value());
      scene.wall_clock.time += std::chrono::seconds(1);
    }
    scene.write(scene.client, ".");
    scene.pump();
  }
  EXPECT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.server.received.size(), 100U);
}

TEST_P(Limits, end_a_flood_of_warnings_in_the_handshake) {
  scene.make();
  scene.server.session->start(scene.now);
  const std::byte warning[] = {std::byte{21}, std::byte{3}, std::byte{3}, std::byte{0},
                               std::byte{2},  std::byte{1}, std::byte{90}};
  int sent = 0;
  while (sent < 100 && scene.server.session->take_ciphertext(warning, scene.now).has_value())
    ++sent;
  ASSERT_EQ(scene.server.session->state(), TlsState::failed);
  EXPECT_LE(sent, 33);
}

TEST_P(Limits, end_what_is_no_tls_at_all) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), std::string(100, '\0'),
        std::string("\x16\x03\x03\xff\xff", 5) + std::string(70'000, 'x')}) {
    scene.make();
    scene.server.session->start(scene.now);
    const auto taken = scene.server.session->take_ciphertext(as_bytes(text), scene.now);
    ASSERT_EQ(scene.server.session->state(), TlsState::failed);
    EXPECT_FALSE(taken.has_value());
    EXPECT_EQ(scene.server.session->error()->domain(), ErrorDomain::tls);
  }
}

TEST(Renegotiation, is_refused) {
  SessionScene scene;
  scene.client_configuration.versions = {TlsVersion::tls_1_2};
  scene.make();
  scene.connect();
  gnutls_handshake(dynamic_cast<Session&>(*scene.client.session).handle());
  scene.pump();
  ASSERT_EQ(scene.server.session->state(), TlsState::failed);
  EXPECT_EQ(scene.server.session->error()->code(), 100);
}

TEST(CertificateLimits, leave_what_does_not_parse_to_the_library) {
  const CertificateLimits limits{.certificates_max = 2, .key_bits_max = 2048};
  const testing::TestRoot root;
  std::vector<std::byte> message;
  ByteWriter writer(message);
  const auto& der = root.der();
  writer.u8(0);
  writer.u16(static_cast<std::uint16_t>(der.size() + 3));
  writer.u8(0);
  writer.u16(static_cast<std::uint16_t>(der.size()));
  writer.bytes(der);
  EXPECT_FALSE(check_certificates(message, false, limits).has_value());
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_FALSE(check_certificates(std::span(message).first(size), false, limits).has_value());
    EXPECT_FALSE(check_certificates(std::span(message).first(size), true, limits).has_value());
  }
}

TEST(Configurations, are_checked_when_a_session_is_made) {
  SessionScene scene;
  const auto refuse = [&](ports::TlsConfiguration configuration, ports::TlsRole role) {
    const auto made = scene.engine->make_session(
        std::make_shared<ports::TlsConfiguration>(std::move(configuration)),
        testing::parameters_for(role));
    return made.has_value() ? std::string() : std::string(made.error().subject());
  };
  using ports::TlsRole;
  EXPECT_EQ(refuse(scene.client_configuration, TlsRole::client), "");
  ports::TlsConfiguration bad;
  EXPECT_EQ(refuse(bad, TlsRole::client), "TlsConfiguration::verifier");
  EXPECT_EQ(refuse(bad, TlsRole::server), "TlsConfiguration::identities");
  bad = scene.client_configuration;
  bad.alpn = {""};
  EXPECT_EQ(refuse(bad, TlsRole::client), "TlsConfiguration::alpn");
  bad.alpn = {std::string(32, 'x')};
  EXPECT_EQ(refuse(bad, TlsRole::client), "TlsConfiguration::alpn");
  bad.alpn = std::vector<std::string>(9, "x");
  EXPECT_EQ(refuse(bad, TlsRole::client), "TlsConfiguration::alpn");
  bad = scene.client_configuration;
  bad.versions = {TlsVersion::dtls_1_2};
  EXPECT_EQ(refuse(bad, TlsRole::client), "TlsConfiguration::versions");
  bad = scene.client_configuration;
  bad.groups = {ports::TlsGroup::x25519_mlkem768};
  const bool has_group = scene.engine->name().contains("ML-KEM");
  EXPECT_EQ(refuse(bad, TlsRole::client), has_group ? "" : "TlsConfiguration::groups");
  bad = scene.server_configuration;
  bad.ticket_keys = ports::TlsTicketKeys{
      .master = std::vector<std::byte>(31), .policy_id = "", .tickets_per_handshake = 1};
  EXPECT_EQ(refuse(bad, TlsRole::server), "TlsConfiguration::ticket_keys");
  bad = scene.server_configuration;
  bad.identities.push_back(nullptr);
  EXPECT_EQ(refuse(bad, TlsRole::server), "TlsConfiguration::identities");
}

TEST(Configurations, have_the_library_s_name) {
  const SessionScene scene;
  EXPECT_TRUE(scene.engine->name().starts_with("GnuTLS 3."));
}

}  // namespace
}  // namespace bowline::crypto
