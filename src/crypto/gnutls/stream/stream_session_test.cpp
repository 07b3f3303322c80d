#include "crypto/gnutls/stream/stream_session.h"

#include <gtest/gtest.h>

#include "crypto/gnutls/testing/each_version.h"
#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsState;
using ports::TlsVersion;
using testing::SessionScene;
using testing::TestKey;
using testing::TestVerifier;
using PeerCertificate = ports::TlsConfiguration::PeerCertificate;

class StreamSessions : public testing::EachVersion {};

INSTANTIATE_TEST_SUITE_P(Versions, StreamSessions, testing::each_version, testing::name_of_version);

std::string long_text(std::size_t bytes) {
  std::string made(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) made[i] = static_cast<char>('a' + i * 7 % 26);
  return made;
}

TEST_P(StreamSessions, shake_hands_and_talk_both_ways) {
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  const std::string text = long_text(100'000);
  scene.write(scene.client, text);
  scene.write(scene.server, "short");
  scene.pump();
  EXPECT_EQ(scene.server.received, text);
  EXPECT_EQ(scene.client.received, "short");
}

TEST_P(StreamSessions, agree_on_facts) {
  scene.client_configuration.alpn = {"h2", "http/1.1"};
  scene.server_configuration.alpn = {"http/1.1"};
  scene.client_configuration.ciphers = {ports::TlsCipher::aes_256_gcm};
  scene.client_configuration.groups = {ports::TlsGroup::secp384r1};
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  for (const auto* end : {&scene.client, &scene.server}) {
    const ports::TlsFacts& facts = end->session->facts();
    EXPECT_EQ(facts.version, GetParam());
    EXPECT_EQ(facts.cipher, ports::TlsCipher::aes_256_gcm);
    EXPECT_EQ(facts.group, ports::TlsGroup::secp384r1);
    EXPECT_EQ(facts.alpn, "http/1.1");
    EXPECT_EQ(facts.server_name, "a.test");
    EXPECT_FALSE(facts.is_resumed);
    EXPECT_EQ(facts.preshared_key_name, "");
  }
  EXPECT_EQ(scene.client.session->facts().peer_chain,
            scene.server_configuration.identities.front()->chain());
  EXPECT_TRUE(scene.server.session->facts().peer_chain.empty());
}

TEST_P(StreamSessions, live_with_any_cut_of_the_stream) {
  for (const std::size_t piece : {1, 2, 3, 5, 7, 64, 999}) {
    scene.make();
    scene.connect(piece);
    ASSERT_TRUE(scene.both_are(TlsState::open)) << piece;
    const std::string text = long_text(3'000);
    scene.write(scene.client, text);
    scene.write(scene.server, text);
    scene.client.session->end();
    scene.pump(piece);
    EXPECT_EQ(scene.server.received, text) << piece;
    EXPECT_EQ(scene.client.received, text) << piece;
    EXPECT_EQ(scene.server.session->state(), TlsState::peer_ended) << piece;
  }
}

TEST_P(StreamSessions, choose_an_identity_by_name_and_the_first_for_other_names) {
  auto first = scene.server_configuration.identities.front();
  auto wild = scene.identity_for({"*.wild.test"});
  scene.server_configuration.identities = {first, scene.identity_for({"b.test"}), wild};
  const std::pair<std::string, ports::TlsIdentity*> rows[] = {
      {"b.test", scene.server_configuration.identities[1].get()},
      {"B.TEST", scene.server_configuration.identities[1].get()},
      {"x.wild.test", wild.get()},
      {"x.y.wild.test", first.get()},
      {"other.test", first.get()},
      {"192.0.2.1", first.get()},
  };
  for (const auto& [name, expected] : rows) {
    scene.make(name);
    scene.connect();
    EXPECT_EQ(scene.client.session->facts().peer_chain, expected->chain()) << name;
  }
}

TEST_P(StreamSessions, send_no_address_as_a_name_and_another_name_if_told_so) {
  scene.make("2001:db8::1");
  scene.connect();
  EXPECT_EQ(scene.server.session->facts().server_name, "");
  EXPECT_EQ(scene.client_verifier->questions.back().peer_name, "2001:db8::1");

  ports::TlsParameters parameters;
  parameters.peer_name = "a.test";
  parameters.server_name = "front.test";
  scene.make(std::move(parameters));
  scene.connect();
  EXPECT_EQ(scene.server.session->facts().server_name, "front.test");
  EXPECT_EQ(scene.client_verifier->questions.back().peer_name, "a.test");
}

TEST_P(StreamSessions, take_each_kind_of_key) {
  for (const TestKey kind : {TestKey::ec, TestKey::ed25519, TestKey::rsa}) {
    scene.server_configuration.identities = {scene.identity_for({"a.test"}, kind)};
    scene.make();
    scene.connect();
    EXPECT_TRUE(scene.both_are(TlsState::open));
  }
}

TEST_P(StreamSessions, end_without_a_protocol_in_common_where_one_is_required) {
  scene.client_configuration.alpn = {"h2"};
  scene.server_configuration.alpn = {"smtp"};
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.client.session->facts().alpn, "");

  scene.server_configuration.requires_alpn = true;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.server.session->error()->code(), 120);
  EXPECT_EQ(scene.client.session->peer_alert(), 120);

  scene.client_configuration.alpn = {};
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.client.session->peer_alert(), 120);

  scene.client_configuration.alpn = {"h2"};
  scene.client_configuration.requires_alpn = true;
  scene.server_configuration.requires_alpn = false;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.client.session->error()->code(), 120);
  EXPECT_EQ(scene.server.session->peer_alert(), 120);
}

TEST_P(StreamSessions, close_one_side_and_go_on_with_the_other) {
  scene.make();
  scene.connect();
  scene.write(scene.client, "last words");
  scene.client.session->end();
  scene.pump();
  EXPECT_EQ(scene.server.received, "last words");
  EXPECT_EQ(scene.server.session->state(), TlsState::peer_ended);
  EXPECT_EQ(scene.client.session->state(), TlsState::open);
  std::byte room[100];
  EXPECT_EQ(scene.client.session->write_plaintext(as_bytes("x"), room).error().kind(),
            ErrorKind::closed);
  scene.write(scene.server, "an answer");
  scene.server.session->end();
  scene.pump();
  EXPECT_EQ(scene.client.received, "an answer");
  EXPECT_TRUE(scene.both_are(TlsState::ended));
  EXPECT_TRUE(scene.client.session->take_end().has_value());
  EXPECT_TRUE(scene.server.session->take_end().has_value());
}

TEST_P(StreamSessions, call_an_end_without_close_notify_cut_off) {
  scene.make();
  scene.connect();
  scene.write(scene.client, "half");
  scene.pump();
  const auto ended = scene.server.session->take_end();
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().kind(), ErrorKind::closed);
  EXPECT_EQ(ended.error().domain(), ErrorDomain::tls);
  EXPECT_EQ(scene.server.session->state(), TlsState::failed);

  scene.make();
  scene.start();
  EXPECT_EQ(scene.client.session->take_end().error().kind(), ErrorKind::closed);
}

TEST_P(StreamSessions, give_what_came_before_an_error_first) {
  scene.make();
  scene.connect();
  scene.write(scene.client, "good");
  auto& wire = scene.server.unread;
  const std::size_t good = wire.size();
  scene.write(scene.client, "bad");
  wire.back() ^= std::byte{1};
  const auto first = scene.server.session->take_ciphertext(wire, scene.now);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, good);
  std::byte room[100];
  EXPECT_EQ(*scene.server.session->read_plaintext(room), 4U);
  const auto second =
      scene.server.session->take_ciphertext(std::span(wire).subspan(good), scene.now);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), 20);
  EXPECT_EQ(second.error().kind(), ErrorKind::protocol_violation);
  scene.server.unread.clear();
  scene.pump();
  EXPECT_EQ(scene.client.session->error()->kind(), ErrorKind::reset);
  EXPECT_EQ(scene.client.session->peer_alert(), 20);
}

TEST_P(StreamSessions, write_no_more_than_there_is_room_for) {
  scene.make();
  scene.connect();
  const std::string text = long_text(40'000);
  std::string_view left = text;
  for (std::size_t room = 1; !left.empty(); room = room * 3 % 20'011 + 1) {
    std::vector<std::byte> into(room);
    const auto moved = scene.client.session->write_plaintext(as_bytes(left), into);
    ASSERT_TRUE(moved.has_value());
    ASSERT_LE(moved->produced, room);
    left.remove_prefix(moved->consumed);
    scene.server.unread.insert(scene.server.unread.end(), into.begin(),
                               into.begin() + static_cast<long>(moved->produced));
    scene.pump();
  }
  EXPECT_FALSE(scene.client.session->has_ciphertext());
  EXPECT_EQ(scene.server.received, text);
}

TEST_P(StreamSessions, know_how_much_ciphertext_comes_of_a_text) {
  scene.make();
  scene.connect();
  for (const std::size_t size : {1, 100, 16'384, 16'385, 100'000}) {
    const std::string text = long_text(size);
    std::vector<std::byte> into(scene.client.session->ciphertext_bytes_max(size));
    const auto moved = scene.client.session->write_plaintext(as_bytes(text), into);
    ASSERT_TRUE(moved.has_value());
    EXPECT_EQ(moved->consumed, size);
    EXPECT_LE(into.size() - moved->produced, 64 + 16 * (size / 16'384 + 1));
  }
}

TEST_P(StreamSessions, are_failed_by_the_protocol_above_with_its_alert) {
  scene.make();
  scene.connect();
  scene.client.session->fail(Error(ErrorKind::protocol_violation, "above", "no"), 80);
  scene.pump();
  EXPECT_EQ(scene.client.session->state(), TlsState::failed);
  EXPECT_STREQ(scene.client.session->error()->operation(), "above");
  EXPECT_EQ(scene.server.session->peer_alert(), 80);
}

TEST_P(StreamSessions, end_in_the_handshake_without_an_error) {
  scene.make();
  scene.start();
  scene.client.session->end();
  scene.pump();
  EXPECT_EQ(scene.client.session->state(), TlsState::ended);
  EXPECT_EQ(scene.server.session->state(), TlsState::failed);
}

TEST_P(StreamSessions, export_the_same_key_on_both_sides) {
  scene.make();
  scene.start();
  EXPECT_EQ(scene.client.session->export_key("label", {}, 32).error().kind(), ErrorKind::not_ready);
  scene.pump();
  const auto ours = scene.client.session->export_key("EXPORTER-bowline", as_bytes("context"), 32);
  const auto theirs = scene.server.session->export_key("EXPORTER-bowline", as_bytes("context"), 32);
  const auto other = scene.server.session->export_key("EXPORTER-bowline", as_bytes("other"), 32);
  ASSERT_TRUE(ours.has_value() && theirs.has_value() && other.has_value());
  EXPECT_EQ(*ours, *theirs);
  EXPECT_NE(*ours, *other);
  EXPECT_EQ(ours->size(), 32U);
}

TEST_P(StreamSessions, log_keys_for_whom_asks_for_it) {
  std::vector<std::string> lines;
  scene.client_configuration.key_log = [&](std::string_view line) { lines.emplace_back(line); };
  scene.make();
  scene.connect();
  const char* label =
      GetParam() == TlsVersion::tls_1_2 ? "CLIENT_RANDOM " : "CLIENT_TRAFFIC_SECRET_0 ";
  const auto found =
      std::ranges::find_if(lines, [&](const std::string& line) { return line.starts_with(label); });
  ASSERT_NE(found, lines.end());
  const auto fields = std::ranges::count(*found, ' ');
  EXPECT_EQ(fields, 2);
  EXPECT_EQ(found->find(' ', std::string_view(label).size()), std::string_view(label).size() + 64);
}

}  // namespace
}  // namespace bowline::crypto
