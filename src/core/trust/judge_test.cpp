#include "core/trust/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trust/trust_scene.h"

namespace bowline::core {
namespace {

using Facts = Certificate::Facts;
using testing::ElementsAre;
using testing::IsEmpty;

TrustRules rules_for(const char* host) {
  TrustRules rules;
  rules.name = read_reference_name(host).value();
  return rules;
}

/// A leaf for h.test, an authority and a root, changed.
struct JudgedScene {
  Facts leaf = leaf_facts({dns_name("h.test")});
  Facts authority = authority_facts(1);
  Facts root = authority_facts(2);
  TrustRules rules = rules_for("h.test");
  std::optional<RootOrigin> origin = RootOrigin::distribution;
  std::vector<TrustProblem> found;

  JudgedScene() { root.issuer_der = root.subject_der; }
  [[nodiscard]] TrustReport::Facts run() const {
    const auto path = path_of({leaf, authority, root});
    return judge({path, origin, found}, rules, test_now);
  }
  [[nodiscard]] std::vector<TrustFault> faults() const { return faults_of(run().problems); }
};

TEST(Judge, trusts_a_good_path_and_says_why) {
  const auto facts = JudgedScene().run();
  EXPECT_TRUE(facts.trusted);
  EXPECT_THAT(facts.problems, IsEmpty());
  EXPECT_EQ(facts.sentence,
            "trusted: the root 'CN=authority 2' is one of the system's distribution");
}

TEST(Judge, never_trusts_without_a_root) {
  JudgedScene scene;
  scene.origin.reset();
  EXPECT_FALSE(scene.run().trusted);
}

struct RuleRow {
  const char* what;
  void (*change)(JudgedScene&);
  TrustFault fault;
  std::size_t certificate;
};

TEST(Judge, finds_each_fault_of_the_table) {
  const RuleRow rows[] = {
      {"expired", [](JudgedScene& s) { s.leaf.not_after = test_now - std::chrono::seconds(1); },
       TrustFault::expired, 0},
      {"future", [](JudgedScene& s) { s.leaf.not_before = test_now + std::chrono::seconds(1); },
       TrustFault::not_yet_valid, 0},
      {"root expired", [](JudgedScene& s) { s.root.not_after = test_now - std::chrono::hours(1); },
       TrustFault::expired, 2},
      {"RSA-1024",
       [](JudgedScene& s) {
         s.leaf.key_kind = KeyKind::rsa;
         s.leaf.key_bits = 1024;
       },
       TrustFault::weak_key, 0},
      {"P-224", [](JudgedScene& s) { s.authority.key_bits = 224; }, TrustFault::weak_key, 1},
      {"weak root",
       [](JudgedScene& s) {
         s.root.key_kind = KeyKind::rsa;
         s.root.key_bits = 1024;
       },
       TrustFault::weak_key, 2},
      {"RSA-16384",
       [](JudgedScene& s) {
         s.leaf.key_kind = KeyKind::rsa;
         s.leaf.key_bits = 16384;
       },
       TrustFault::oversized_key, 0},
      {"long exponent",
       [](JudgedScene& s) {
         s.leaf.key_kind = KeyKind::rsa;
         s.leaf.key_bits = 2048;
         s.leaf.exponent_bits = 2048;
       },
       TrustFault::oversized_key, 0},
      {"DSA", [](JudgedScene& s) { s.leaf.key_kind = KeyKind::other; }, TrustFault::unsupported, 0},
      {"SHA-1", [](JudgedScene& s) { s.leaf.weak_signature = true; }, TrustFault::weak_signature,
       0},
      {"for clients",
       [](JudgedScene& s) {
         s.leaf.for_servers = false;
         s.leaf.for_clients = true;
       },
       TrustFault::wrong_purpose, 0},
      {"authority for mail", [](JudgedScene& s) { s.authority.has_purposes = true; },
       TrustFault::wrong_purpose, 1},
      {"key not for handshakes", [](JudgedScene& s) { s.leaf.may_sign = false; },
       TrustFault::wrong_purpose, 0},
      {"authority as leaf", [](JudgedScene& s) { s.leaf.is_authority = true; },
       TrustFault::authority_as_peer, 0},
      {"signed by a leaf", [](JudgedScene& s) { s.authority.is_authority = false; },
       TrustFault::not_an_authority, 1},
      {"without keyCertSign", [](JudgedScene& s) { s.authority.may_sign_certificates = false; },
       TrustFault::not_an_authority, 1},
      {"old authority",
       [](JudgedScene& s) {
         s.authority.version = 1;
         s.authority.is_authority = false;
       },
       TrustFault::not_an_authority, 1},
      {"path length", [](JudgedScene& s) { s.root.path_length = 0; }, TrustFault::path_too_long, 2},
      {"unknown critical", [](JudgedScene& s) { s.authority.unknown_critical = {"1.2.3"}; },
       TrustFault::unknown_critical, 1},
      {"twice", [](JudgedScene& s) { s.leaf.repeated = {"2.5.29.17"}; }, TrustFault::malformed, 0},
      {"two algorithms", [](JudgedScene& s) { s.leaf.signature_algorithms_differ = true; },
       TrustFault::malformed, 0},
      {"broken constraints", [](JudgedScene& s) { s.authority.constraints_malformed = true; },
       TrustFault::malformed, 1},
      {"broken names", [](JudgedScene& s) { s.leaf.names_malformed = true; },
       TrustFault::malformed_name, 0},
      {"too many names", [](JudgedScene& s) { s.leaf.names_dropped = 1; }, TrustFault::too_large,
       0},
      {"too many constraints", [](JudgedScene& s) { s.authority.constraints_dropped = 1; },
       TrustFault::too_large, 1},
      {"other name", [](JudgedScene& s) { s.rules.name = read_reference_name("g.test").value(); },
       TrustFault::name_mismatch, 0},
      {"local root",
       [](JudgedScene& s) {
         s.rules.distribution_roots_only = true;
         s.origin = RootOrigin::administrator;
       },
       TrustFault::root_not_accepted, 2},
      {"unknown origin",
       [](JudgedScene& s) {
         s.rules.distribution_roots_only = true;
         s.origin = RootOrigin::system;
       },
       TrustFault::root_not_accepted, 2},
      {"found by the library",
       [](JudgedScene& s) { s.found = {{TrustFault::bad_signature, 1, "x"}}; },
       TrustFault::bad_signature, 1},
  };
  for (const RuleRow& row : rows) {
    JudgedScene scene;
    row.change(scene);
    const auto facts = scene.run();
    EXPECT_FALSE(facts.trusted) << row.what;
    ASSERT_THAT(faults_of(facts.problems), ElementsAre(row.fault)) << row.what;
    EXPECT_EQ(facts.problems[0].certificate, row.certificate) << row.what;
    EXPECT_EQ(facts.sentence, facts.problems[0].sentence) << row.what;
  }
}

TEST(Judge, lets_pass_what_is_right_at_its_edge) {
  JudgedScene scene;
  scene.leaf.not_before = test_now;
  scene.leaf.not_after = test_now;
  scene.leaf.key_kind = KeyKind::rsa;
  scene.leaf.key_bits = 2048;
  scene.leaf.exponent_bits = 17;
  scene.root.path_length = 1;
  scene.authority.path_length = 0;
  scene.root.weak_signature = true;  // nobody needs a root's own signature
  scene.leaf.for_servers = false;
  scene.leaf.for_anything = true;
  scene.rules.distribution_roots_only = true;
  EXPECT_THAT(scene.faults(), IsEmpty());
  scene = JudgedScene();
  scene.root.version = 1;  // from before there were authorities
  scene.root.is_authority = false;
  scene.root.has_key_usage = false;
  scene.leaf.has_purposes = false;
  scene.leaf.has_key_usage = false;
  EXPECT_THAT(scene.faults(), IsEmpty());
}

TEST(Judge, does_not_count_self_issued_authorities_for_the_length) {
  JudgedScene scene;
  scene.root.path_length = 0;
  scene.authority.issuer_der = scene.authority.subject_der;
  EXPECT_THAT(scene.faults(), IsEmpty());
}

TEST(Judge, takes_a_given_certificate_as_it_is_but_no_public_authority) {
  JudgedScene scene;
  scene.leaf.is_authority = true;
  const auto path = path_of({scene.leaf});
  EXPECT_TRUE(judge({path, RootOrigin::program, {}}, scene.rules, test_now).trusted);
  EXPECT_THAT(
      faults_of(judge({path, RootOrigin::distribution, {}}, scene.rules, test_now).problems),
      ElementsAre(TrustFault::authority_as_peer));
  EXPECT_FALSE(judge({path, RootOrigin::program, {}}, rules_for("g.test"), test_now).trusted);
}

TEST(Judge, tells_all_faults_the_most_important_first_and_each_once) {
  JudgedScene scene;
  scene.leaf.weak_signature = true;
  scene.leaf.not_after = test_now - std::chrono::hours(1);
  scene.found = {{TrustFault::weak_signature, std::nullopt, "library"},
                 {TrustFault::weak_signature, 0, "library"},
                 {TrustFault::revoked, 0, "taken back"}};
  const auto facts = scene.run();
  EXPECT_THAT(faults_of(facts.problems),
              ElementsAre(TrustFault::revoked, TrustFault::expired, TrustFault::weak_signature));
  EXPECT_EQ(facts.sentence, "taken back (and 2 more)");
}

TEST(Pins, need_one_of_the_keys_in_the_chain) {
  JudgedScene scene;
  Pins pins;
  pins.domain = "test";
  pins.with_subdomains = true;
  pins.keys = {scene.authority.key_digest};
  scene.rules.pins = {pins};
  EXPECT_TRUE(scene.run().trusted);
  scene.rules.pins[0].keys = {Certificate::Digest{}};
  const auto refused = scene.run();
  EXPECT_THAT(faults_of(refused.problems), ElementsAre(TrustFault::pin_mismatch));
  EXPECT_THAT(refused.sentence, testing::HasSubstr(to_pin(scene.leaf.key_digest)));
  scene.rules.pins[0].backups = {scene.root.key_digest};
  const auto backed = scene.run();
  EXPECT_TRUE(backed.trusted);
  EXPECT_THAT(backed.notices, ElementsAre("only a backup pin of test fits"));
}

TEST(Pins, that_only_report_refuse_nobody) {
  JudgedScene scene;
  Pins pins;
  pins.keys = {Certificate::Digest{}};
  pins.report_only = true;
  scene.rules.pins = {pins};
  const auto facts = scene.run();
  EXPECT_TRUE(facts.trusted);
  ASSERT_EQ(facts.notices.size(), 1U);
  EXPECT_THAT(facts.notices[0], testing::EndsWith("(report only)"));
}

TEST(Pins, are_for_their_domain_and_no_other) {
  const auto trusted = [](const char* domain, bool with_subdomains) {
    JudgedScene scene;
    Pins pins;
    pins.domain = domain;
    pins.with_subdomains = with_subdomains;
    pins.keys = {Certificate::Digest{}};
    scene.rules.pins = {pins};
    return scene.run().trusted;
  };
  EXPECT_FALSE(trusted("", false));
  EXPECT_FALSE(trusted("h.test", false));
  EXPECT_FALSE(trusted("test", true));
  EXPECT_TRUE(trusted("test", false));
  EXPECT_TRUE(trusted("est", true));
  EXPECT_TRUE(trusted("g.test", true));
}

TEST(Pins, are_read_in_every_common_spelling) {
  Certificate::Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::byte>(i * 7);
  const std::string base64 = to_pin(digest);
  std::string hexadecimal;
  std::string with_colons;
  for (const std::byte octet : digest) {
    char text[3];
    std::snprintf(text, sizeof text, "%02X", std::to_integer<unsigned>(octet));
    hexadecimal += text;
    with_colons += (with_colons.empty() ? "" : ":") + std::string(text);
  }
  for (const std::string& text :
       {base64, "sha256/" + base64, "sha256//" + base64, hexadecimal, with_colons})
    EXPECT_EQ(parse_pin(text), digest) << text;
  for (const std::string& text : {std::string(), base64.substr(1), base64 + "A", hexadecimal + "00",
                                  "md5/" + base64, std::string(64, 'g'), ":" + with_colons})
    EXPECT_FALSE(parse_pin(text)) << text;
}

TEST(Policy, allows_plain_text_only_where_no_authority_could_vouch) {
  SecurityPolicy policy;
  policy.exceptions = {
      {.domain = "old.test", .with_subdomains = true, .reason = "printers", .plain_text = true}};
  const auto allowed = [&](const char* host) {
    return !check_plain_text(policy, read_reference_name(host).value()).problem;
  };
  EXPECT_FALSE(allowed("example.com"));
  EXPECT_TRUE(allowed("192.0.2.1"));
  EXPECT_TRUE(allowed("localhost"));
  EXPECT_TRUE(allowed("printer.local"));
  EXPECT_TRUE(allowed("printer"));
  EXPECT_FALSE(allowed("notold.test"));
  EXPECT_THAT(check_plain_text(policy, read_reference_name("a.old.test").value()).exceptions,
              ElementsAre("old.test: plain text (printers)"));
  policy.allows_plain_text = true;
  EXPECT_TRUE(allowed("example.com"));
}

TEST(Policy, asks_for_a_version_and_forward_secrecy) {
  SecurityPolicy policy;
  policy.protocol = ProtocolFloor::tls_1_3;
  policy.exceptions = {
      {.domain = "old.test", .without_forward_secrecy = true, .protocol = ProtocolFloor::tls_1_2}};
  const auto outcome = [&](const char* host, ProtocolFloor protocol, bool secret) {
    return check_agreed(policy, read_reference_name(host).value(), {protocol, secret});
  };
  EXPECT_FALSE(outcome("h.test", ProtocolFloor::tls_1_3, true).problem);
  EXPECT_TRUE(outcome("h.test", ProtocolFloor::tls_1_2, true).problem);
  EXPECT_TRUE(outcome("h.test", ProtocolFloor::tls_1_3, false).problem);
  EXPECT_THAT(outcome("old.test", ProtocolFloor::tls_1_2, false).exceptions,
              ElementsAre("old.test: TLS 1.2", "old.test: no forward secrecy"));
  EXPECT_THAT(outcome("old.test", ProtocolFloor::tls_1_3, true).exceptions, IsEmpty());
  EXPECT_TRUE(check_agreed(policy, std::nullopt, {ProtocolFloor::tls_1_2, true}).problem);
}

TEST(Policy, names_the_exception_for_keys_only_when_it_was_needed) {
  JudgedScene scene;
  scene.rules.policy.exceptions = {{.domain = "h.test", .keys = KeyFloor{1024, 224}}};
  EXPECT_THAT(scene.run().exceptions, IsEmpty());
  scene.leaf.key_kind = KeyKind::rsa;
  scene.leaf.key_bits = 1024;
  const auto facts = scene.run();
  EXPECT_TRUE(facts.trusted);
  EXPECT_THAT(facts.exceptions, ElementsAre("h.test: weak keys"));
  scene.leaf.key_bits = 768;
  EXPECT_THAT(scene.faults(), ElementsAre(TrustFault::weak_key));
}

TEST(Policy, follows_the_closest_exception_alone) {
  SecurityPolicy policy;
  policy.exceptions = {{.domain = "test", .with_subdomains = true, .plain_text = true},
                       {.domain = "h.test", .with_subdomains = true}};
  EXPECT_TRUE(check_plain_text(policy, read_reference_name("a.h.test").value()).problem);
  EXPECT_FALSE(check_plain_text(policy, read_reference_name("a.g.test").value()).problem);
}

}  // namespace
}  // namespace bowline::core
