#include "crypto/gnutls/stream/stream_session.h"

#include <gtest/gtest.h>

#include "crypto/gnutls/testing/each_version.h"
#include "crypto/gnutls/testing/session_scene.h"

// What a verifier is asked, when, and what its answer does to the session.

namespace bowline::crypto {
namespace {

using ports::TlsState;
using ports::TlsVersion;
using testing::SessionScene;
using testing::TestKey;
using testing::TestVerifier;
using PeerCertificate = ports::TlsConfiguration::PeerCertificate;

class StreamVerdicts : public testing::EachVersion {};

INSTANTIATE_TEST_SUITE_P(Versions, StreamVerdicts, testing::each_version, testing::name_of_version);

TEST_P(StreamVerdicts, ask_the_client_s_verifier_about_the_chain_and_the_name) {
  scene.make();
  scene.connect();
  ASSERT_EQ(scene.client_verifier->questions.size(), 1U);
  const ports::TlsQuestion& asked = scene.client_verifier->questions.front();
  EXPECT_EQ(asked.chain, scene.server_configuration.identities.front()->chain());
  EXPECT_EQ(asked.peer_name, "a.test");
  EXPECT_TRUE(asked.peer_is_server);
  EXPECT_FALSE(asked.is_resumed);
  EXPECT_FALSE(asked.is_raw_key);
  EXPECT_TRUE(scene.server_verifier->questions.empty());
}

TEST_P(StreamVerdicts, wait_for_a_verdict_that_comes_later_and_say_nothing_before_it) {
  scene.client_verifier->answers_later = true;
  scene.make();
  scene.connect();
  ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
  EXPECT_FALSE(scene.client.session->has_ciphertext());
  std::byte room[100];
  EXPECT_EQ(scene.client.session->give_ciphertext(room), 0U);
  scene.client.session->take_verdict(TestVerifier::trusted(), scene.now);
  scene.pump();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.client_verifier->questions.size(), 1U);
  EXPECT_EQ(scene.client_verifier->forgotten, 0);
}

TEST_P(StreamVerdicts, are_ended_by_a_refusal_whenever_it_comes) {
  for (const bool later : {false, true}) {
    scene.client_verifier->answers_later = later;
    scene.client_verifier->verdict = TestVerifier::refused(45);
    scene.make();
    scene.connect();
    if (later) {
      ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
      scene.client.session->take_verdict(TestVerifier::refused(45), scene.now);
      scene.pump();
    }
    ASSERT_TRUE(scene.both_are(TlsState::failed)) << later;
    EXPECT_EQ(scene.client.session->error()->kind(), ErrorKind::untrusted);
    EXPECT_EQ(scene.client.session->error()->message(), "not today");
    EXPECT_EQ(scene.client.session->error()->code(), 45);
    EXPECT_EQ(scene.server.session->error()->kind(), ErrorKind::refused);
    EXPECT_EQ(scene.server.session->error()->domain(), ErrorDomain::tls);
    EXPECT_EQ(scene.server.session->error()->code(), 45);
    EXPECT_EQ(scene.server.session->peer_alert(), 45);
  }
}

TEST_P(StreamVerdicts, keep_a_refusal_whatever_is_called_later) {
  scene.client_verifier->verdict = TestVerifier::refused();
  scene.make();
  scene.connect();
  ASSERT_EQ(scene.client.session->state(), TlsState::failed);
  scene.client.session->take_verdict(TestVerifier::trusted(), scene.now);
  std::byte bytes[10]{};
  EXPECT_EQ(scene.client.session->take_ciphertext(bytes, scene.now).error().kind(),
            ErrorKind::untrusted);
  EXPECT_EQ(scene.client.session->read_plaintext(bytes).error().kind(), ErrorKind::untrusted);
  EXPECT_EQ(scene.client.session->write_plaintext(bytes, bytes).error().kind(),
            ErrorKind::untrusted);
  EXPECT_EQ(scene.client.session->take_end().error().kind(), ErrorKind::untrusted);
  scene.client.session->end();
  EXPECT_EQ(scene.client.session->state(), TlsState::failed);
}

TEST_P(StreamVerdicts, tell_the_verifier_to_forget_what_goes_away_first) {
  scene.client_verifier->answers_later = true;
  scene.make();
  scene.connect();
  scene.client.session.reset();
  EXPECT_EQ(scene.client_verifier->forgotten, 1);
  scene.make();
  scene.connect();
  EXPECT_FALSE(scene.client.session->take_end().has_value());
  EXPECT_EQ(scene.client_verifier->forgotten, 2);
  scene.client.session->take_verdict(TestVerifier::trusted(), scene.now);
  EXPECT_EQ(scene.client.session->state(), TlsState::failed);
  scene.client.session.reset();
  EXPECT_EQ(scene.client_verifier->forgotten, 2);
}

TEST_P(StreamVerdicts, take_a_client_s_certificate_that_is_required) {
  scene.server_configuration.client_certificate = PeerCertificate::required;
  scene.client_configuration.identities = {scene.identity_for({"client"}, TestKey::rsa)};
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  ASSERT_EQ(scene.server_verifier->questions.size(), 1U);
  const ports::TlsQuestion& asked = scene.server_verifier->questions.front();
  EXPECT_FALSE(asked.peer_is_server);
  EXPECT_EQ(asked.peer_name, "");
  EXPECT_EQ(asked.chain, scene.client_configuration.identities.front()->chain());
  EXPECT_EQ(scene.server.session->facts().peer_chain, asked.chain);
}

TEST_P(StreamVerdicts, refuse_a_client_without_the_certificate_that_is_required) {
  scene.server_configuration.client_certificate = PeerCertificate::required;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.server.session->error()->kind(), ErrorKind::untrusted);
  EXPECT_TRUE(scene.server_verifier->questions.empty());
  ASSERT_TRUE(scene.client.session->peer_alert().has_value());
  const int alert = GetParam() == TlsVersion::tls_1_2 ? 40 : 116;
  EXPECT_EQ(scene.server.session->error()->code(), alert);
  EXPECT_EQ(*scene.client.session->peer_alert(), alert);
  EXPECT_EQ(scene.client.session->error()->kind(), ErrorKind::refused);
}

TEST_P(StreamVerdicts, ask_about_the_empty_chain_where_a_certificate_is_only_requested) {
  scene.server_configuration.client_certificate = PeerCertificate::requested;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  ASSERT_EQ(scene.server_verifier->questions.size(), 1U);
  EXPECT_TRUE(scene.server_verifier->questions.front().chain.empty());
}

TEST_P(StreamVerdicts, hold_a_client_s_data_until_the_server_s_verdict) {
  scene.server_configuration.client_certificate = PeerCertificate::required;
  scene.client_configuration.identities = {scene.identity_for({"client"})};
  scene.server_verifier->answers_later = true;
  scene.make();
  scene.connect();
  ASSERT_EQ(scene.server.session->state(), TlsState::verifying);
  scene.write(scene.client, "early bird");
  scene.pump();
  EXPECT_EQ(scene.server.received, "");
  scene.server.session->take_verdict(TestVerifier::trusted(), scene.now);
  scene.pump();
  if (GetParam() == TlsVersion::tls_1_2) scene.write(scene.client, "early bird");
  scene.pump();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.server.received, "early bird");
}

TEST_P(StreamVerdicts, keep_no_more_than_the_limit_while_the_verifier_thinks) {
  scene.client_configuration.handshake_bytes_max = 4'096;
  scene.client_verifier->answers_later = true;
  scene.make();
  scene.connect();
  ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
  const std::vector<std::byte> flood(10'000);
  std::size_t taken = 0;
  for (int i = 0; i < 3; ++i) taken += *scene.client.session->take_ciphertext(flood, scene.now);
  EXPECT_LE(taken, 4'096U);
}

}  // namespace
}  // namespace bowline::crypto
