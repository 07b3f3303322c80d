#include <bowline/detail/trust_facts.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/making/plans.h"

namespace bowline::crypto {
namespace {

using ports::CertificateLimits;
using ports::CertificatePlan;

Certificate described(const TestAuthority& authority, const ports::MadeCertificate& made) {
  auto read = authority.library->describe(made.der, {});
  if (!read.has_value()) throw std::runtime_error(to_string(read.error()));
  return *std::move(read);
}

TEST(Describe, tells_what_a_good_leaf_says) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::leaf_plan("host.example");
  plan.organization = "Example";
  plan.names.push_back(TestAuthority::ip({192, 0, 2, 1}));
  plan.must_staple = true;
  const Certificate leaf = described(authority, authority.leaf(plan));
  EXPECT_EQ(leaf.subject(), "CN=host.example,O=Example");
  EXPECT_EQ(leaf.issuer(), "CN=Test Authority");
  EXPECT_EQ(leaf.common_name(), "host.example");
  EXPECT_EQ(leaf.names(), plan.names);
  EXPECT_EQ(leaf.not_before(), plan.not_before);
  EXPECT_EQ(leaf.not_after(), plan.not_after);
  EXPECT_EQ(leaf.key_kind(), KeyKind::ecdsa);
  EXPECT_EQ(leaf.key_bits(), 256U);
  EXPECT_EQ(leaf.signature_algorithm(), "ECDSA-SHA256");
  EXPECT_FALSE(leaf.has_weak_signature());
  EXPECT_FALSE(leaf.is_authority());
  EXPECT_FALSE(leaf.is_self_issued());
  EXPECT_TRUE(leaf.must_staple());
  EXPECT_TRUE(leaf.facts().for_servers);
  EXPECT_FALSE(leaf.facts().for_clients);
  EXPECT_EQ(leaf.fingerprint(), authority.library->digest(leaf.der()));
}

TEST(Describe, tells_what_an_authority_may) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::authority_plan("Limited");
  plan.path_length = 0;
  plan.permitted = {TestAuthority::dns("example"), TestAuthority::ip({10, 0, 0, 0, 255, 0, 0, 0})};
  plan.excluded = {TestAuthority::dns("bad.example")};
  const Certificate limited = described(authority, authority.make(plan, &authority.root));
  EXPECT_TRUE(limited.is_authority());
  EXPECT_EQ(limited.facts().path_length, 0U);
  EXPECT_TRUE(limited.facts().may_sign_certificates);
  EXPECT_TRUE(limited.has_name_constraints());
  EXPECT_EQ(limited.facts().permitted, plan.permitted);
  EXPECT_EQ(limited.facts().excluded, plan.excluded);
  EXPECT_TRUE(described(authority, authority.root).is_self_issued());
}

TEST(Describe, keeps_every_kind_of_name_with_its_raw_octets) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::plan(std::string("good.example\0.evil", 18));
  plan.names = {{CertificateNameKind::dns, std::string("good.example\0.evil.example", 26)},
                {CertificateNameKind::uri, "sip:good.example"},
                {CertificateNameKind::service, "_xmpp-client.good.example"},
                {CertificateNameKind::email, "a@good.example"},
                {CertificateNameKind::dns,
                 "b\xc3\xbc"
                 "cher.example"},
                TestAuthority::ip({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
  const Certificate leaf = described(authority, authority.leaf(plan));
  EXPECT_EQ(leaf.names(), plan.names);
  EXPECT_EQ(leaf.common_name(), std::string("good.example\0.evil", 18));
  EXPECT_EQ(to_string(leaf.names()[5]), "ip:2001:db8::1");
}

TEST(Describe, notes_what_condemns_a_certificate) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::leaf_plan("host.example");
  plan.unknown_critical = "1.3.6.1.4.1.55555.1";
  EXPECT_THAT(described(authority, authority.leaf(plan)).facts().unknown_critical,
              testing::ElementsAre("1.3.6.1.4.1.55555.1"));
  plan = TestAuthority::leaf_plan("host.example");
  plan.key = CertificatePlan::Key::rsa;
  plan.rsa_bits = 1024;
  const auto weak = authority.make(plan, nullptr);
  EXPECT_EQ(described(authority, weak).key_bits(), 1024U);
  EXPECT_EQ(described(authority, weak).facts().exponent_bits, 17U);
  plan = TestAuthority::leaf_plan("host.example");
  plan.signature = CertificatePlan::Signature::sha1;
  EXPECT_TRUE(described(authority, authority.leaf(plan)).has_weak_signature());
}

TEST(Describe, refuses_what_contradicts_itself) {
  const TestAuthority authority;
  CertificatePlan twice = TestAuthority::leaf_plan("host.example");
  twice.repeats_an_extension = true;
  CertificatePlan algorithms = TestAuthority::leaf_plan("host.example");
  algorithms.names_other_algorithm = true;
  for (const CertificatePlan& plan : {twice, algorithms}) {
    const auto read = authority.library->describe(authority.leaf(plan).der, {});
    // GnuTLS refuses both by now; where it does not, a fact tells.
    if (read.has_value())
      EXPECT_TRUE(!read->facts().repeated.empty() || read->facts().signature_algorithms_differ);
    else
      EXPECT_EQ(read.error().kind(), ErrorKind::malformed);
  }
}

TEST(Describe, stops_at_its_limits) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::leaf_plan("host.example");
  for (int i = 0; i < 1200; ++i)
    plan.names.push_back(TestAuthority::dns(std::to_string(i) + ".example"));
  const auto many = authority.leaf(plan);
  const auto kind = [&](const CertificateLimits& limits) {
    const auto read = authority.library->describe(many.der, limits);
    return read.has_value() ? std::optional<ErrorKind>() : read.error().kind();
  };
  CertificateLimits limits;
  EXPECT_EQ(kind(limits), ErrorKind::limit_exceeded);
  limits.names_max = 1201;
  EXPECT_EQ(kind(limits), std::nullopt);
  limits.certificate_bytes_max = 1000;
  EXPECT_EQ(kind(limits), ErrorKind::limit_exceeded);
}

TEST(Describe, refuses_every_prefix_and_every_tail) {
  const TestAuthority authority;
  const ports::Der& whole = authority.root.der;
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_FALSE(authority.library->describe(std::span(whole).first(i), {}).has_value()) << i;
  ports::Der longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(authority.library->describe(longer, {}).has_value());
}

TEST(Describe, survives_every_flipped_octet) {
  const TestAuthority authority;
  CertificatePlan plan = TestAuthority::authority_plan("Limited");
  plan.names = {TestAuthority::dns("a.example"), {CertificateNameKind::service, "_a.b"}};
  plan.permitted = {TestAuthority::dns("example")};
  plan.must_staple = true;
  plan.purposes = {TestAuthority::for_servers};
  const ports::Der whole = authority.make(plan, &authority.root).der;
  std::size_t read = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const unsigned bit : {0x01U, 0x80U, 0xffU}) {
      ports::Der changed = whole;
      changed[i] ^= static_cast<std::byte>(bit);
      read += authority.library->describe(changed, {}).has_value() ? 1 : 0;
    }
  EXPECT_GT(read, whole.size());  // most changes leave a certificate: with other octets in it
}

TEST(ReadCertificates, takes_pem_among_other_text_and_der_in_a_row) {
  const TestAuthority authority;
  const std::string pem = "For people\n" + authority.maker->to_pem(authority.root.der) +
                          authority.root.private_key + "more\n" +
                          authority.maker->to_pem(authority.intermediate.der);
  const auto read = authority.library->read(as_bytes(pem), 10);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_THAT(*read, testing::ElementsAre(authority.root.der, authority.intermediate.der));
  ports::Der both = authority.root.der;
  both.insert(both.end(), authority.intermediate.der.begin(), authority.intermediate.der.end());
  EXPECT_EQ(authority.library->read(both, 10).value(), *read);
}

TEST(ReadCertificates, says_what_is_wrong_with_a_file) {
  const TestAuthority authority;
  const auto kind = [&](std::string_view text, std::size_t most = 10) {
    const auto read = authority.library->read(as_bytes(text), most);
    return read.has_value() ? std::optional<ErrorKind>() : read.error().kind();
  };
  const std::string good = authority.maker->to_pem(authority.root.der);
  EXPECT_EQ(kind(""), ErrorKind::malformed);
  EXPECT_EQ(kind("hello"), ErrorKind::malformed);
  EXPECT_EQ(kind(authority.root.private_key), ErrorKind::malformed);
  EXPECT_EQ(kind(good.substr(0, good.size() / 2)), ErrorKind::malformed);
  EXPECT_EQ(kind("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
            ErrorKind::malformed);
  EXPECT_EQ(kind(good + good, 1), ErrorKind::limit_exceeded);
  EXPECT_EQ(kind(good), std::nullopt);
}

TEST(AsciiName, makes_a_labels_and_refuses_what_no_name_may_hold) {
  const TestAuthority authority;
  const auto name = [&](std::string_view text) {
    const auto ascii = authority.library->ascii_name(text);
    return ascii.has_value() ? *ascii : "(" + to_string(ascii.error().kind()) + ")";
  };
  EXPECT_EQ(name("example.com"), "example.com");
  EXPECT_EQ(name("B\xc3\x9c"
                 "CHER.test"),
            "xn--bcher-kva.test");
  EXPECT_EQ(name("bu\xcc\x88"
                 "cher.test"),
            "xn--bcher-kva.test");  // decomposed
  EXPECT_EQ(name("xn--bcher-kva.test"), "xn--bcher-kva.test");
  EXPECT_EQ(name("fa\xc3\x9f.de"), "xn--fa-hia.de");  // not "fass.de": UTS 46, non-transitional
  EXPECT_EQ(name(""), "(invalid_argument)");
  EXPECT_EQ(name(std::string_view("a\0b", 3)), "(invalid_argument)");
  EXPECT_EQ(name("a\xff"
                 "b.test"),
            "(invalid_argument)");
  EXPECT_EQ(name("a\xe2\x80\x8b\xe2\x80\xae"
                 "b.test"),
            "(invalid_argument)");  // a bidirectional override
}

}  // namespace
}  // namespace bowline::crypto
