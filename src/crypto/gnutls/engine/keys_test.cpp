#include <gtest/gtest.h>

#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto {
namespace {

using ports::TlsState;
using ports::TlsVersion;
using testing::SessionScene;

using Chain = std::vector<std::vector<std::byte>>;

class Keys : public ::testing::TestWithParam<TlsVersion> {
 protected:
  Keys() {
    scene.client_configuration.versions = {GetParam()};
    scene.server_configuration.versions = {GetParam()};
  }
  void share_key(const std::string& name, const std::string& key) {
    const std::vector<std::byte> bytes(as_bytes(key).begin(), as_bytes(key).end());
    scene.client_configuration.preshared_keys = {{.name = name, .key = bytes}};
    scene.client_configuration.verifier = nullptr;
    scene.server_configuration.preshared_keys = {{.name = "another", .key = {std::byte{1}}},
                                                 {.name = name, .key = bytes}};
  }
  [[nodiscard]] std::shared_ptr<ports::TlsIdentity> raw_identity() const {
    const auto leaf = scene.root.issue({"x"});
    return *scene.engine->make_raw_identity(as_bytes(leaf.key_pem), {});
  }
  SessionScene scene;
};

INSTANTIATE_TEST_SUITE_P(Versions, Keys,
                         ::testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3),
                         [](const auto& version) {
                           return version.param == TlsVersion::tls_1_2 ? "tls_1_2" : "tls_1_3";
                         });

TEST_P(Keys, that_both_sides_have_open_a_session_without_certificates) {
  using namespace std::string_literals;
  for (const std::string& name : {"device 7"s, "with\0zero"s, std::string(100, 'n')}) {
    share_key(name, "0123456789abcdef");
    scene.server_configuration.identities.clear();
    scene.make();
    scene.connect();
    ASSERT_TRUE(scene.both_are(TlsState::open)) << name;
    EXPECT_EQ(scene.server.session->facts().preshared_key_name, name);
    EXPECT_EQ(scene.client.session->facts().preshared_key_name, name);
    EXPECT_TRUE(scene.client.session->facts().peer_chain.empty());
    EXPECT_FALSE(scene.client.session->facts().is_resumed);
    scene.write(scene.client, "hello");
    scene.pump();
    EXPECT_EQ(scene.server.received, "hello");
  }
}

TEST_P(Keys, that_differ_open_nothing) {
  share_key("device", "0123456789abcdef");
  scene.server_configuration.preshared_keys[1].key[0] ^= std::byte{1};
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::failed));
  const std::int64_t wrong_key = scene.server.session->error()->code();

  scene.server_configuration.preshared_keys.pop_back();
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::failed));
  EXPECT_EQ(scene.server.session->error()->code(), wrong_key);
}

TEST_P(Keys, are_looked_up_by_name) {
  share_key("device", "0123456789abcdef");
  const auto key = scene.client_configuration.preshared_keys.front().key;
  scene.server_configuration.preshared_keys.clear();
  std::vector<std::string> asked;
  scene.server_configuration.find_preshared_key =
      [&](std::string_view name) -> std::optional<std::vector<std::byte>> {
    asked.emplace_back(name);
    if (name != "device") return std::nullopt;
    return key;
  };
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::open));
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked.front(), "device");

  scene.client_configuration.preshared_keys.front().name = "stranger";
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::failed));
}

TEST_P(Keys, are_not_replaced_by_a_certificate) {
  share_key("device", "0123456789abcdef");
  scene.server_configuration.preshared_keys.clear();
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::failed));
}

TEST_P(Keys, leave_certificates_to_clients_that_have_none) {
  share_key("device", "0123456789abcdef");
  scene.client_configuration.preshared_keys.clear();
  scene.client_configuration.verifier = scene.client_verifier;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_EQ(scene.client_verifier->questions.size(), 1U);
  EXPECT_EQ(scene.server.session->facts().preshared_key_name, "");
}

TEST_P(Keys, of_a_session_with_a_shared_one_are_resumed_without_a_question) {
  share_key("device", "0123456789abcdef");
  scene.client_configuration.verifier = scene.client_verifier;
  scene.server_configuration.ticket_keys = ports::TlsTicketKeys{
      .master = std::vector<std::byte>(64), .policy_id = "", .tickets_per_handshake = 1};
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  auto ticket = scene.client.session->poll_ticket();
  ASSERT_TRUE(ticket.has_value());
  ports::TlsParameters parameters;
  parameters.peer_name = "a.test";
  parameters.ticket = ticket;
  scene.make(parameters);
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_TRUE(scene.client_verifier->questions.empty());
}

TEST_P(Keys, that_are_bare_are_judged_like_certificates) {
  const auto server_key = raw_identity();
  const auto client_key = raw_identity();
  scene.server_configuration.identities = {server_key};
  scene.server_configuration.takes_raw_keys = true;
  scene.server_configuration.client_certificate =
      ports::TlsConfiguration::PeerCertificate::required;
  scene.client_configuration.identities = {client_key};
  scene.client_configuration.takes_raw_keys = true;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  ASSERT_EQ(scene.client_verifier->questions.size(), 1U);
  EXPECT_TRUE(scene.client_verifier->questions.front().is_raw_key);
  EXPECT_EQ(scene.client_verifier->questions.front().chain, server_key->chain());
  ASSERT_EQ(scene.server_verifier->questions.size(), 1U);
  EXPECT_TRUE(scene.server_verifier->questions.front().is_raw_key);
  EXPECT_EQ(scene.server_verifier->questions.front().chain, client_key->chain());

  scene.client_verifier->verdict = testing::TestVerifier::refused();
  scene.make();
  scene.connect();
  EXPECT_TRUE(scene.both_are(TlsState::failed));
}

TEST_P(Keys, that_are_bare_are_not_shown_to_those_who_want_certificates) {
  scene.server_configuration.identities.push_back(raw_identity());
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_FALSE(scene.client_verifier->questions.front().is_raw_key);
  scene.client_configuration.takes_raw_keys = true;
  scene.make();
  scene.connect();
  ASSERT_TRUE(scene.both_are(TlsState::open));
  EXPECT_TRUE(scene.client_verifier->questions.back().is_raw_key);
}

class Identities : public ::testing::Test {
 protected:
  SessionScene scene;
  testing::TestCertificate leaf = scene.root.issue({"a.test"});
};

TEST_F(Identities, come_from_pem_in_any_order_and_from_der) {
  const std::string reversed = scene.root.pem() + leaf.pem;
  auto made = scene.engine->make_identity(as_bytes(reversed), as_bytes(leaf.key_pem), {});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ((*made)->chain(), (Chain{leaf.der, scene.root.der()}));
  made = scene.engine->make_identity(leaf.der, as_bytes(leaf.key_pem), {});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ((*made)->chain(), (Chain{leaf.der}));
}

TEST_F(Identities, leave_out_what_does_not_belong_to_the_chain) {
  const auto other = scene.root.issue({"other"});
  const std::string mixed = other.pem + leaf.pem + leaf.pem;
  const auto made = scene.engine->make_identity(as_bytes(mixed), as_bytes(leaf.key_pem), {});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ((*made)->chain(), (Chain{leaf.der}));
}

TEST_F(Identities, are_refused_with_a_key_that_fits_no_certificate) {
  const auto other = scene.root.issue({"other"});
  const auto made = scene.engine->make_identity(as_bytes(leaf.pem), as_bytes(other.key_pem), {});
  EXPECT_EQ(made.error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(made.error().subject(), "private key");
}

TEST_F(Identities, are_refused_if_they_do_not_parse) {
  for (const std::string& bad :
       {std::string(), std::string("nonsense"), leaf.pem.substr(0, leaf.pem.size() / 2),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + std::string()}) {
    EXPECT_FALSE(
        scene.engine->make_identity(as_bytes(bad), as_bytes(leaf.key_pem), {}).has_value());
    EXPECT_FALSE(scene.engine->make_identity(as_bytes(leaf.pem), as_bytes(bad), {}).has_value());
    EXPECT_FALSE(scene.engine->make_raw_identity(as_bytes(bad), {}).has_value());
    EXPECT_FALSE(scene.engine->make_identity_from_pkcs12(as_bytes(bad), "x").has_value());
  }
}

TEST_F(Identities, are_opened_by_a_pass_phrase) {
  const gnutls_datum_t plain = lend(as_bytes(leaf.key_pem));
  gnutls_x509_privkey_t key = nullptr;
  testing::must(gnutls_x509_privkey_init(&key));
  const Handle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit> owned(key);
  testing::must(gnutls_x509_privkey_import(key, &plain, GNUTLS_X509_FMT_PEM));
  for (const auto format : {GNUTLS_X509_FMT_PEM, GNUTLS_X509_FMT_DER}) {
    OwnedDatum locked;
    testing::must(gnutls_x509_privkey_export2_pkcs8(key, format, "sesame",
                                                    GNUTLS_PKCS_PBES2_AES_128, locked.out()));
    const auto with = [&](std::string_view phrase) {
      return scene.engine->make_identity(as_bytes(leaf.pem), locked.bytes(), phrase);
    };
    EXPECT_TRUE(with("sesame").has_value());
    EXPECT_EQ(with("wrong").error().kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(with({}).error().kind(), ErrorKind::invalid_argument);
  }
}

TEST_F(Identities, come_from_pkcs_12) {
  const gnutls_datum_t key_pem = lend(as_bytes(leaf.key_pem));
  const gnutls_datum_t leaf_der = lend(leaf.der);
  gnutls_pkcs12_t store = nullptr;
  testing::must(gnutls_pkcs12_init(&store));
  const Pkcs12Handle owned(store);
  gnutls_x509_privkey_t key = nullptr;
  testing::must(gnutls_x509_privkey_init(&key));
  const Handle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit> owned_key(key);
  testing::must(gnutls_x509_privkey_import(key, &key_pem, GNUTLS_X509_FMT_PEM));
  OwnedDatum key_der;
  testing::must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, "sesame",
                                                  GNUTLS_PKCS_PBES2_AES_128, key_der.out()));
  const std::pair<gnutls_pkcs12_bag_type_t, gnutls_datum_t> parts[] = {
      {GNUTLS_BAG_CERTIFICATE, leaf_der}, {GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, *key_der.out()}};
  for (const auto& [kind, data] : parts) {
    gnutls_pkcs12_bag_t bag = nullptr;
    testing::must(gnutls_pkcs12_bag_init(&bag));
    const Handle<gnutls_pkcs12_bag_t, gnutls_pkcs12_bag_deinit> owned_bag(bag);
    const int index = gnutls_pkcs12_bag_set_data(bag, kind, &data);
    testing::must(index);
    const std::byte id[] = {std::byte{1}};
    const gnutls_datum_t id_datum = lend(id);
    testing::must(gnutls_pkcs12_bag_set_key_id(bag, static_cast<unsigned>(index), &id_datum));
    testing::must(gnutls_pkcs12_set_bag(store, bag));
  }
  testing::must(gnutls_pkcs12_generate_mac(store, "sesame"));
  OwnedDatum bytes;
  testing::must(gnutls_pkcs12_export2(store, GNUTLS_X509_FMT_DER, bytes.out()));

  const auto made = scene.engine->make_identity_from_pkcs12(bytes.bytes(), "sesame");
  ASSERT_TRUE(made.has_value()) << made.error().message();
  EXPECT_EQ((*made)->chain(), (Chain{leaf.der}));
  EXPECT_EQ(scene.engine->make_identity_from_pkcs12(bytes.bytes(), "wrong").error().kind(),
            ErrorKind::invalid_argument);
}

}  // namespace
}  // namespace bowline::crypto
