#include "crypto/gnutls/quic/quic_session.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsLevel;
using ports::TlsState;
using testing::SessionScene;
using testing::TestEnd;
using testing::TestVerifier;

class QuicSessions : public ::testing::Test {
 protected:
  QuicSessions() {
    for (auto* configuration : {&scene.client_configuration, &scene.server_configuration}) {
      configuration->transport = ports::TlsTransport::quic;
      configuration->alpn = {"h3"};
      configuration->requires_alpn = true;
    }
  }
  void make(ports::TlsParameters of_client = {}) {
    of_client.peer_name = "a.test";
    of_client.quic_parameters = bytes("of the client");
    scene.make(std::move(of_client), bytes("of the server"));
    secrets.clear();
  }
  static std::vector<std::byte> bytes(std::string_view text) {
    return {as_bytes(text).begin(), as_bytes(text).end()};
  }
  void pump(std::size_t piece = 5'000) {
    while (pump_one(scene.client, scene.server, piece) |
           pump_one(scene.server, scene.client, piece)) {
    }
  }
  bool pump_one(TestEnd& from, TestEnd& to, std::size_t piece) {
    bool moved = false;
    std::vector<std::byte> block(piece);
    TlsLevel level{};
    while (const std::size_t count = from.session->give_crypto(level, block)) {
      levels.insert(level);
      static_cast<void>(to.session->take_crypto(level, std::span(block).first(count), scene.now));
      collect(to);
      moved = true;
    }
    collect(from);
    return moved;
  }
  void collect(TestEnd& of) {
    while (auto secret = of.session->poll_secret())
      secrets[{&of == &scene.client, secret->level, secret->is_ours}] = *std::move(secret);
  }
  [[nodiscard]] const ports::TlsSecret* secret(bool of_client, TlsLevel level, bool is_ours) const {
    const auto found = secrets.find({of_client, level, is_ours});
    return found == secrets.end() ? nullptr : &found->second;
  }

  SessionScene scene;
  std::set<TlsLevel> levels;
  std::map<std::tuple<bool, TlsLevel, bool>, ports::TlsSecret> secrets;
};

TEST_F(QuicSessions, shake_hands_with_bare_messages) {
  for (const std::size_t piece : {5'000, 100, 1}) {
    make();
    scene.start();
    pump(piece);
    ASSERT_TRUE(scene.both_are(TlsState::open)) << piece;
    EXPECT_EQ(scene.client.session->facts().alpn, "h3");
    EXPECT_EQ(scene.client.session->facts().version, ports::TlsVersion::tls_1_3);
    EXPECT_EQ(as_text(*scene.client.session->peer_quic_parameters()), "of the server");
    EXPECT_EQ(as_text(*scene.server.session->peer_quic_parameters()), "of the client");
  }
  EXPECT_EQ(levels, (std::set{TlsLevel::initial, TlsLevel::handshake}));
}

TEST_F(QuicSessions, give_both_sides_the_same_secrets) {
  make();
  scene.start();
  pump();
  for (const TlsLevel level : {TlsLevel::handshake, TlsLevel::application}) {
    for (const bool of_client : {false, true}) {
      const auto* ours = secret(of_client, level, true);
      const auto* theirs = secret(!of_client, level, false);
      ASSERT_TRUE(ours != nullptr && theirs != nullptr);
      EXPECT_EQ(ours->secret, theirs->secret);
      EXPECT_EQ(ours->cipher, theirs->cipher);
      EXPECT_EQ(ours->cipher, scene.client.session->facts().cipher);
      EXPECT_EQ(ours->secret.size(), 32U);
    }
  }
}

TEST_F(QuicSessions, hold_messages_and_keys_until_the_verdict) {
  scene.client_verifier->answers_later = true;
  make();
  scene.start();
  pump();
  ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
  EXPECT_EQ(secret(true, TlsLevel::application, true), nullptr);
  scene.client.session->take_verdict(TestVerifier::trusted(), scene.now);
  pump();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_NE(secret(true, TlsLevel::application, true), nullptr);
}

TEST_F(QuicSessions, are_ended_by_a_refusal_whose_alert_is_in_the_error) {
  scene.client_verifier->verdict = TestVerifier::refused(48);
  make();
  scene.start();
  pump();
  ASSERT_EQ(scene.client.session->state(), TlsState::failed);
  EXPECT_EQ(scene.client.session->error()->code(), 48);
  EXPECT_EQ(
      scene.client.session->take_crypto(TlsLevel::handshake, bytes("x"), scene.now).error().code(),
      48);
}

TEST_F(QuicSessions, fail_without_a_protocol_in_common) {
  scene.server_configuration.alpn = {"other"};
  make();
  scene.start();
  pump();
  ASSERT_EQ(scene.server.session->state(), TlsState::failed);
  EXPECT_EQ(scene.server.session->error()->code(), 120);
}

TEST_F(QuicSessions, refuse_nonsense_and_messages_of_a_level_that_is_over) {
  make();
  scene.start();
  EXPECT_FALSE(scene.server.session
                   ->take_crypto(TlsLevel::initial, bytes(std::string("\x02\0\0\0", 4)), scene.now)
                   .has_value());
  EXPECT_EQ(scene.server.session->state(), TlsState::failed);

  make();
  scene.start();
  pump();
  EXPECT_FALSE(
      scene.client.session->take_crypto(TlsLevel::initial, bytes("late"), scene.now).has_value());
}

TEST_F(QuicSessions, resume_by_tickets_with_early_keys) {
  class Guard final : public ports::TlsReplayGuard {
   public:
    bool admit(std::span<const std::byte>, Duration) override { return true; }
  } guard;
  scene.server_configuration.ticket_keys = ports::TlsTicketKeys{
      .master = std::vector<std::byte>(64), .policy_id = "", .tickets_per_handshake = 1};
  scene.server_configuration.early_bytes_max = 0xffff'ffff;
  scene.server_configuration.replay_guard = &guard;
  make();
  scene.start();
  pump();
  auto ticket = scene.client.session->poll_ticket();
  ASSERT_TRUE(ticket.has_value());
  ports::TlsParameters parameters;
  parameters.ticket = ticket;
  make(std::move(parameters));
  scene.start();
  pump();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_TRUE(scene.client.session->facts().is_resumed);
  EXPECT_EQ(scene.client_verifier->questions.size(), 2U);
}

TEST_F(QuicSessions, have_no_records) {
  make();
  std::byte room[10]{};
  EXPECT_EQ(scene.client.session->take_ciphertext(room, scene.now).error().kind(),
            ErrorKind::unsupported);
  EXPECT_EQ(scene.client.session->read_plaintext(room).error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(scene.client.session->write_plaintext(room, room).error().kind(),
            ErrorKind::unsupported);
  EXPECT_EQ(scene.client.session->update_keys(true).error().kind(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace bowline::crypto
