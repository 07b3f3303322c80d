#include <gtest/gtest.h>

#include <set>

#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsState;
using ports::TlsVersion;
using testing::SessionScene;
using testing::TestVerifier;
using AskedOfClients = ports::TlsConfiguration::PeerCertificate;

class RememberingGuard final : public ports::TlsReplayGuard {
 public:
  bool admit(std::span<const std::byte> id, Duration keep_for) override {
    kept_for = keep_for;
    return known_.insert(std::string(as_text(id))).second;
  }
  Duration kept_for{};

 private:
  std::set<std::string> known_;
};

class Resumption : public ::testing::TestWithParam<TlsVersion> {
 protected:
  Resumption() {
    scene.client_configuration.versions = {GetParam()};
    scene.server_configuration.versions = {GetParam()};
    scene.server_configuration.ticket_keys =
        ports::TlsTicketKeys{.master = std::vector<std::byte>(64, std::byte{7}),
                             .policy_id = "first",
                             .tickets_per_handshake = 2};
  }

  std::vector<ports::TlsTicket> tickets_of_a_handshake() {
    scene.make();
    scene.connect();
    EXPECT_TRUE(scene.both_are(TlsState::open));
    std::vector<ports::TlsTicket> found;
    while (auto ticket = scene.client.session->poll_ticket()) found.push_back(*std::move(ticket));
    return found;
  }
  void connect_with(const ports::TlsTicket& ticket, const std::string& name = "a.test",
                    std::string_view early = {}) {
    ports::TlsParameters parameters;
    parameters.peer_name = name;
    parameters.ticket = ticket;
    parameters.early_data = as_bytes(early);
    scene.make(std::move(parameters));
    scene.connect();
  }
  [[nodiscard]] bool resumes(const ports::TlsTicket& ticket, const std::string& name = "a.test") {
    connect_with(ticket, name);
    EXPECT_TRUE(scene.both_are(TlsState::open));
    EXPECT_EQ(scene.client.session->facts().is_resumed, scene.server.session->facts().is_resumed);
    return scene.client.session->facts().is_resumed;
  }

  SessionScene scene;
};

INSTANTIATE_TEST_SUITE_P(Versions, Resumption,
                         ::testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls_1_2 ? "tls_1_2" : "tls_1_3";
                         });

TEST_P(Resumption, works_with_each_ticket_that_came) {
  const auto tickets = tickets_of_a_handshake();
  ASSERT_EQ(tickets.size(), GetParam() == TlsVersion::tls_1_3 ? 2U : 1U);
  for (const auto& ticket : tickets) {
    EXPECT_GT(ticket.lifetime, Duration::zero());
    EXPECT_EQ(ticket.early_bytes_max, 0U);
    EXPECT_TRUE(resumes(ticket));
  }
  scene.write(scene.client, "after all");
  scene.pump();
  EXPECT_EQ(scene.server.received, "after all");
}

TEST_P(Resumption, gives_no_tickets_without_keys) {
  scene.server_configuration.ticket_keys.reset();
  EXPECT_TRUE(tickets_of_a_handshake().empty());
}

TEST_P(Resumption, asks_the_verifier_again_with_the_chain_of_the_first_time) {
  const auto tickets = tickets_of_a_handshake();
  const auto chain = scene.client_verifier->questions.back().chain;
  scene.client_verifier->questions.clear();
  ASSERT_TRUE(resumes(tickets.front()));
  ASSERT_EQ(scene.client_verifier->questions.size(), 1U);
  EXPECT_TRUE(scene.client_verifier->questions.front().is_resumed);
  EXPECT_EQ(scene.client_verifier->questions.front().chain, chain);
  EXPECT_EQ(scene.client_verifier->questions.front().peer_name, "a.test");
  EXPECT_EQ(scene.client.session->facts().peer_chain, chain);
}

TEST_P(Resumption, ends_when_the_verifier_changed_its_mind) {
  const auto tickets = tickets_of_a_handshake();
  for (const bool later : {false, true}) {
    scene.client_verifier->answers_later = later;
    scene.client_verifier->verdict = TestVerifier::refused(46);
    connect_with(tickets.back());
    if (later) {
      ASSERT_EQ(scene.client.session->state(), TlsState::verifying);
      scene.client.session->take_verdict(TestVerifier::refused(46), scene.now);
      scene.pump();
    }
    EXPECT_EQ(scene.client.session->state(), TlsState::failed);
    EXPECT_EQ(scene.server.session->state(), TlsState::failed);
    EXPECT_EQ(scene.server.session->peer_alert(), 46);
    EXPECT_FALSE(scene.client.session->poll_ticket().has_value());
  }
}

TEST_P(Resumption, judges_a_client_s_certificate_again) {
  scene.server_configuration.client_certificate = AskedOfClients::required;
  scene.client_configuration.identities = {scene.identity_for({"client"})};
  const auto tickets = tickets_of_a_handshake();
  scene.server_verifier->questions.clear();
  ASSERT_TRUE(resumes(tickets.front()));
  ASSERT_EQ(scene.server_verifier->questions.size(), 1U);
  EXPECT_TRUE(scene.server_verifier->questions.front().is_resumed);
  EXPECT_EQ(scene.server_verifier->questions.front().chain,
            scene.client_configuration.identities.front()->chain());
  scene.server_verifier->verdict = TestVerifier::refused();
  connect_with(tickets.back());
  EXPECT_TRUE(scene.both_are(TlsState::failed));
}

TEST_P(Resumption, happens_only_under_what_the_ticket_was_made_for) {
  scene.client_configuration.alpn = {"h2", "http/1.1"};
  scene.server_configuration.alpn = {"h2", "http/1.1"};
  const auto ticket = tickets_of_a_handshake().front();
  EXPECT_TRUE(resumes(ticket));
  EXPECT_FALSE(resumes(ticket, "b.test"));

  scene.client_configuration.alpn = {"http/1.1"};
  EXPECT_FALSE(resumes(ticket));
  scene.client_configuration.alpn = {"h2"};
  EXPECT_TRUE(resumes(ticket));

  scene.server_configuration.ticket_keys->policy_id = "second";
  EXPECT_FALSE(resumes(ticket));
  scene.server_configuration.ticket_keys->policy_id = "first";
  scene.server_configuration.ticket_keys->master.front() = std::byte{8};
  EXPECT_FALSE(resumes(ticket));
  scene.server_configuration.ticket_keys->master.front() = std::byte{7};
  scene.server_configuration.client_certificate = AskedOfClients::requested;
  EXPECT_FALSE(resumes(ticket));
  scene.server_configuration.client_certificate = AskedOfClients::none;
  scene.server_configuration.versions = {};
  scene.client_configuration.versions = {};
  EXPECT_FALSE(resumes(ticket));
}

TEST_P(Resumption, takes_no_ticket_that_is_too_old) {
  const auto ticket = tickets_of_a_handshake().front();
  scene.wall_clock.time += ticket.lifetime + std::chrono::hours(60);
  EXPECT_FALSE(resumes(ticket));
}

TEST_P(Resumption, survives_a_ticket_of_nonsense) {
  auto ticket = tickets_of_a_handshake().front();
  ticket.state[ticket.state.size() / 2] ^= std::byte{1};
  EXPECT_FALSE(resumes(ticket));
  ticket.state.resize(ticket.state.size() / 2);
  EXPECT_FALSE(resumes(ticket));
  ticket.state.clear();
  EXPECT_FALSE(resumes(ticket));
}

// In TLS 1.3 a server that wants a group for which the client brought no key asks it to begin again.
TEST_P(Resumption, works_where_the_server_wants_another_group) {
  scene.client_configuration.groups = {ports::TlsGroup::x25519, ports::TlsGroup::secp256r1};
  scene.server_configuration.groups = {ports::TlsGroup::secp256r1};
  const auto tickets = tickets_of_a_handshake();
  ASSERT_FALSE(tickets.empty());
  EXPECT_TRUE(resumes(tickets.front()));
  EXPECT_EQ(scene.client.session->facts().group, ports::TlsGroup::secp256r1);
}

class EarlyData : public Resumption {
 protected:
  EarlyData() {
    scene.server_configuration.early_bytes_max = 1000;
    scene.server_configuration.replay_guard = &guard;
  }
  RememberingGuard guard;
};

INSTANTIATE_TEST_SUITE_P(Versions, EarlyData, ::testing::Values(TlsVersion::tls_1_3));

TEST_P(EarlyData, is_not_for_servers_that_wanted_another_hello) {
  scene.client_configuration.groups = {ports::TlsGroup::x25519, ports::TlsGroup::secp256r1};
  scene.server_configuration.groups = {ports::TlsGroup::secp256r1};
  const auto tickets = tickets_of_a_handshake();
  ASSERT_FALSE(tickets.empty());
  EXPECT_EQ(tickets.front().early_bytes_max, 0U);
  EXPECT_TRUE(resumes(tickets.front()));
}

TEST_P(EarlyData, arrives_before_the_handshake_is_done) {
  const auto tickets = tickets_of_a_handshake();
  ASSERT_EQ(tickets.front().early_bytes_max, 1000U);
  connect_with(tickets.front(), "a.test", "hurry");
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.server.early, "hurry");
  EXPECT_EQ(scene.server.received, "");
  EXPECT_TRUE(scene.client.session->facts().early_data_accepted);
  EXPECT_TRUE(scene.server.session->facts().early_data_accepted);
  EXPECT_GT(guard.kept_for, Duration::zero());
  EXPECT_LT(guard.kept_for, std::chrono::minutes(1));
  scene.write(scene.client, "and more");
  scene.pump();
  EXPECT_EQ(scene.server.received, "and more");
}

TEST_P(EarlyData, is_dropped_when_the_first_flight_is_replayed) {
  const auto tickets = tickets_of_a_handshake();
  ports::TlsParameters parameters;
  parameters.peer_name = "a.test";
  parameters.ticket = tickets.front();
  parameters.early_data = as_bytes("hurry");
  scene.make(parameters);
  scene.start();
  std::vector<std::byte> flight(4000);
  flight.resize(scene.client.session->give_ciphertext(flight));
  ports::TlsEngine& engine = *scene.engine;
  const auto shared = std::make_shared<ports::TlsConfiguration>(scene.server_configuration);
  std::string seen;
  for (int i = 0; i < 5; ++i) {
    auto victim = *engine.make_session(shared, testing::parameters_for(ports::TlsRole::server));
    victim->start(scene.now);
    ASSERT_TRUE(victim->take_ciphertext(flight, scene.now).has_value());
    std::byte room[100];
    while (const std::size_t count = *victim->read_early_data(room))
      seen += as_text(std::span(room).first(count));
  }
  EXPECT_EQ(seen, "hurry");
}

TEST_P(EarlyData, is_refused_by_a_server_that_takes_none_and_the_rest_goes_on) {
  const auto tickets = tickets_of_a_handshake();
  scene.server_configuration.replay_guard = nullptr;
  connect_with(tickets.front(), "a.test", "hurry");
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.server.early, "");
  EXPECT_TRUE(scene.client.session->facts().is_resumed);
  EXPECT_FALSE(scene.client.session->facts().early_data_accepted);
  scene.write(scene.client, "hurry");
  scene.pump();
  EXPECT_EQ(scene.server.received, "hurry");
}

TEST_P(EarlyData, is_not_sent_beyond_what_the_ticket_allows) {
  scene.client_configuration.alpn = {"h2", "x"};
  scene.server_configuration.alpn = {"h2"};
  const auto tickets = tickets_of_a_handshake();
  const auto make = [&](std::string_view early, ports::TlsConfiguration configuration) {
    ports::TlsParameters parameters;
    parameters.peer_name = "a.test";
    parameters.ticket = tickets.front();
    parameters.early_data = as_bytes(early);
    return scene.engine->make_session(
        std::make_shared<ports::TlsConfiguration>(std::move(configuration)), std::move(parameters));
  };
  EXPECT_TRUE(make(std::string(1000, 'x'), scene.client_configuration).has_value());
  EXPECT_EQ(make(std::string(1001, 'x'), scene.client_configuration).error().kind(),
            ErrorKind::invalid_argument);
  auto other = scene.client_configuration;
  other.alpn = {"x"};
  EXPECT_EQ(make("x", other).error().kind(), ErrorKind::invalid_argument);
}

TEST_P(EarlyData, waits_for_the_verdict_on_the_client) {
  scene.server_configuration.client_certificate = AskedOfClients::required;
  scene.client_configuration.identities = {scene.identity_for({"client"})};
  const auto tickets = tickets_of_a_handshake();
  scene.server_verifier->answers_later = true;
  connect_with(tickets.front(), "a.test", "hurry");
  ASSERT_EQ(scene.server.session->state(), TlsState::verifying);
  EXPECT_EQ(scene.server.early, "");
  scene.server.session->take_verdict(TestVerifier::trusted(), scene.now);
  scene.pump();
  EXPECT_EQ(scene.server.early, "hurry");
}

}  // namespace
}  // namespace bowline::crypto
