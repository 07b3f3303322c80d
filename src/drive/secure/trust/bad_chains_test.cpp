#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "drive/secure/trust/trust_bench.h"

// Threats 16, 17, 18 and 19: chains with one fault, and with every two faults that can stand together.

namespace bowline::drive {
namespace {

using Plan = ports::CertificatePlan;

/// Which part of a case a fault changes: two that change one part do not combine.
enum Part : unsigned {
  leaf_names = 1,
  leaf_dates = 2,
  leaf_key = 4,
  leaf_signature = 8,
  leaf_purpose = 16,
  leaf_basics = 32,
  leaf_extension = 64,
  leaf_staple = 128,
  authority_basics = 256,
  authority_dates = 512,
  authority_names = 1024,
  authority_purpose = 2048,
  authority_key = 4096,
  authority_signature = 8192,
  root_part = 16384,
  rules_part = 32768,
};

struct Fault {
  const char* name;
  unsigned parts;
  TrustFault reason;
  void (*apply)(TrustCase&);
};

CertificateName named(CertificateNameKind kind, std::string text) {
  return {kind, std::move(text)};
}
void name_it(TrustCase& c, std::vector<CertificateName> names) { c.leaf.names = std::move(names); }

constexpr auto long_ago = TestAuthority::now - std::chrono::hours(1);
constexpr auto later = TestAuthority::now + std::chrono::hours(1);

const Fault faults[] = {
    {"other name", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) { name_it(c, {TestAuthority::dns("other.example")}); }},
    {"no names", leaf_names, TrustFault::no_names, [](TrustCase& c) { name_it(c, {}); }},
    {"empty list of names", leaf_names, TrustFault::no_names,
     [](TrustCase& c) {
       name_it(c, {});
       c.leaf.has_empty_names = true;
     }},
    {"URI and service beside the common name", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {named(CertificateNameKind::uri, "https://host.example"),
                   named(CertificateNameKind::service, "_https.host.example")});
     }},
    {"e-mail only", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) { name_it(c, {named(CertificateNameKind::email, "host.example")}); }},
    {"NUL", leaf_names, TrustFault::malformed_name,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::dns(std::string("host.example\0.evil.example", 26))});
     }},
    {"wildcard over two labels", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::dns("*.example.org")});
       c.peer_name = "a.b.example.org";
     }},
    {"wildcard over everything", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) { name_it(c, {TestAuthority::dns("*"), TestAuthority::dns("*.example")}); }},
    {"part of a label is a wildcard", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::dns("f*.host.example"), TestAuthority::dns("*o.host.example")});
       c.peer_name = "foo.host.example";
     }},
    {"address as a DNS name", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::dns("192.0.2.1")});
       c.peer_name = "192.0.2.1";
     }},
    {"other address", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::ip({192, 0, 2, 2})});
       c.peer_name = "192.0.2.1";
     }},
    {"U-label", leaf_names, TrustFault::name_mismatch,
     [](TrustCase& c) {
       name_it(c, {TestAuthority::dns("b\xc3\xbc"
                                      "cher.example")});
       c.peer_name = "xn--bcher-kva.example";
     }},
    {"more than 1000 names", leaf_names, TrustFault::too_large,
     [](TrustCase& c) {
       for (int i = 0; i < 1000; ++i) c.leaf.names.push_back(TestAuthority::dns("a.example"));
     }},
    {"expired", leaf_dates, TrustFault::expired, [](TrustCase& c) { c.leaf.not_after = long_ago; }},
    {"not yet valid", leaf_dates, TrustFault::not_yet_valid,
     [](TrustCase& c) { c.leaf.not_before = later; }},
    {"P-224", leaf_key, TrustFault::weak_key, [](TrustCase& c) { c.leaf.key = Plan::Key::p224; }},
    {"RSA-1024", leaf_key, TrustFault::weak_key,
     [](TrustCase& c) { c.leaf.imaginary_rsa_bits = 1024; }},
    {"RSA-16384", leaf_key, TrustFault::oversized_key,
     [](TrustCase& c) { c.leaf.imaginary_rsa_bits = 16'384; }},
    {"SHA-1", leaf_signature, TrustFault::weak_signature,
     [](TrustCase& c) { c.leaf.signature = Plan::Signature::sha1; }},
    {"broken signature", leaf_signature, TrustFault::bad_signature,
     [](TrustCase& c) { c.leaf.signature = Plan::Signature::broken; }},
    {"for clients", leaf_purpose, TrustFault::wrong_purpose,
     [](TrustCase& c) { c.leaf.purposes = {TestAuthority::for_clients}; }},
    {"an authority as server", leaf_basics, TrustFault::authority_as_peer,
     [](TrustCase& c) { c.leaf.is_authority = true; }},
    {"unknown critical extension", leaf_extension, TrustFault::unknown_critical,
     [](TrustCase& c) { c.leaf.unknown_critical = "1.3.6.1.4.1.55555.1"; }},
    {"promised staple missing", leaf_staple, TrustFault::staple_missing,
     [](TrustCase& c) { c.leaf.must_staple = true; }},
    {"revoked", leaf_staple, TrustFault::revoked,
     [](TrustCase& c) { c.staple = {ports::StaplePlan::Status::revoked, long_ago, later, false}; }},
    {"old staple", leaf_staple, TrustFault::staple_expired,
     [](TrustCase& c) {
       c.staple = {ports::StaplePlan::Status::good, long_ago - std::chrono::hours(48),
                   long_ago - std::chrono::hours(24), false};
     }},
    {"forged staple", leaf_staple, TrustFault::staple_invalid,
     [](TrustCase& c) { c.staple = {ports::StaplePlan::Status::good, long_ago, later, true}; }},
    {"authority that is none", authority_basics, TrustFault::not_an_authority,
     [](TrustCase& c) {
       c.authority.is_authority = false;
       c.authority.may_sign_certificates = true;
     }},
    {"authority without keyCertSign", authority_basics, TrustFault::not_an_authority,
     [](TrustCase& c) { c.authority.forbids_signing_certificates = true; }},
    {"authority without basic constraints", authority_basics, TrustFault::not_an_authority,
     [](TrustCase& c) {
       c.authority.has_basic_constraints = false;
       c.authority.is_authority = true;
     }},
    {"expired authority", authority_dates, TrustFault::expired,
     [](TrustCase& c) { c.authority.not_after = long_ago; }},
    {"authority of the future", authority_dates, TrustFault::not_yet_valid,
     [](TrustCase& c) { c.authority.not_before = later; }},
    {"names that are not permitted", authority_names, TrustFault::name_not_permitted,
     [](TrustCase& c) { c.authority.permitted = {TestAuthority::dns("permitted.test")}; }},
    {"names that are excluded", authority_names, TrustFault::name_not_permitted,
     [](TrustCase& c) {
       c.authority.excluded = {TestAuthority::dns("eXample"), TestAuthority::dns("example.org"),
                               TestAuthority::ip({192, 0, 2, 0, 255, 255, 255, 0}),
                               named(CertificateNameKind::email, "host.example"),
                               named(CertificateNameKind::directory, "\x30\x01x")};
     }},
    {"authority for clients", authority_purpose, TrustFault::wrong_purpose,
     [](TrustCase& c) { c.authority.purposes = {TestAuthority::for_clients}; }},
    {"authority with P-224", authority_key, TrustFault::weak_key,
     [](TrustCase& c) { c.authority.key = Plan::Key::p224; }},
    {"authority signed with SHA-1", authority_signature, TrustFault::weak_signature,
     [](TrustCase& c) { c.authority.signature = Plan::Signature::sha1; }},
    {"authority with a broken signature", authority_signature, TrustFault::bad_signature,
     [](TrustCase& c) { c.authority.signature = Plan::Signature::broken; }},
    {"unknown root", root_part, TrustFault::unknown_authority,
     [](TrustCase& c) { c.root_is_known = false; }},
    {"missing authority", root_part, TrustFault::unknown_authority,
     [](TrustCase& c) { c.sends_authority = false; }},
    {"expired root", root_part, TrustFault::expired,
     [](TrustCase& c) { c.root.not_after = long_ago; }},
    {"root without room below", root_part, TrustFault::path_too_long,
     [](TrustCase& c) { c.root.path_length = 0; }},
    {"pinned to other keys", rules_part, TrustFault::pin_mismatch,
     [](TrustCase& c) { c.options.pins = {{.domain = {}, .keys = {Certificate::Digest{}}}}; }},
    {"only roots of the distribution", rules_part, TrustFault::root_not_accepted,
     [](TrustCase& c) { c.options.distribution_roots_only = true; }},
};

bool tells(const TrustReport::Facts& facts, TrustFault reason) {
  const auto found = faults_in(facts);
  return std::ranges::find(found, reason) != found.end();
}

/// What keeps the rest from being looked at.
bool hides(const Fault& fault, const Fault& other) {
  if (fault.reason == TrustFault::too_large) return true;
  if (std::string_view(fault.name) == "missing authority")
    return other.parts >= authority_basics || other.reason == TrustFault::bad_signature ||
           other.parts == leaf_staple;
  // Nobody vouches for the chain, so there is no root to be one of the distribution's, or a signer.
  if (std::string_view(fault.name) == "unknown root")
    return other.reason == TrustFault::root_not_accepted || other.parts == authority_signature ||
           other.parts == leaf_staple;
  // Signatures are not checked with a key that would take seconds, nor where something else that is wrong
  // ends the library's check.
  return other.reason == TrustFault::bad_signature &&
         (fault.reason == TrustFault::oversized_key || fault.reason == TrustFault::weak_signature ||
          fault.reason == TrustFault::unknown_critical ||
          fault.reason == TrustFault::bad_signature || fault.parts >= authority_basics);
}

TEST(Threat16, a_chain_without_fault_is_trusted) {
  const TestAuthority maker;
  const auto facts = TrustCase().judge(maker);
  EXPECT_TRUE(facts.trusted) << facts.sentence;
  EXPECT_EQ(facts.sentence, "trusted: the root 'CN=Case Root' is one that this program was given");
}

TEST(Threat16, each_fault_alone_is_refused_for_its_own_reason) {
  const TestAuthority maker;
  for (const Fault& fault : faults) {
    for (const bool is_resumed : {false, true}) {
      TrustCase one;
      fault.apply(one);
      const auto facts = one.judge(maker, is_resumed);
      EXPECT_FALSE(facts.trusted) << fault.name;
      EXPECT_THAT(faults_in(facts), testing::Each(fault.reason))
          << fault.name << ": " << facts.sentence;
      EXPECT_THAT(facts.problems, testing::Not(testing::IsEmpty())) << fault.name;
    }
  }
}

TEST(Threat17, every_two_faults_are_refused_and_both_are_told) {
  const TestAuthority maker;
  std::size_t chains = 0;
  std::set<std::pair<TrustFault, TrustFault>> reasons;
  for (const Fault* a = std::begin(faults); a != std::end(faults); ++a)
    for (const Fault* b = a + 1; b != std::end(faults); ++b) {
      if ((a->parts & b->parts) != 0) continue;
      TrustCase both;
      a->apply(both);
      b->apply(both);
      const auto facts = both.judge(maker);
      ++chains;
      reasons.emplace(a->reason, b->reason);
      const std::string what = std::string(a->name) + " and " + b->name + ": " + facts.sentence;
      ASSERT_FALSE(facts.trusted) << what;
      ASSERT_FALSE(facts.problems.empty()) << what;
      EXPECT_TRUE(hides(*a, *b) || tells(facts, b->reason)) << b->name << " in " << what;
      EXPECT_TRUE(hides(*b, *a) || tells(facts, a->reason)) << a->name << " in " << what;
    }
  EXPECT_GE(chains, 200U);
  EXPECT_GE(reasons.size(), 100U);
  RecordProperty("chains", static_cast<int>(chains));
}

TEST(Threat17, constraints_hold_in_other_cases_with_dots_and_under_wildcards) {
  const TestAuthority maker;
  struct Row {
    const char* excluded;
    const char* name;
    const char* asked;
    bool trusted;
  };
  for (const Row& row :
       {Row{"bad.example", "a.BAD.example", "a.bad.example", false},
        {"BAD.example", "a.bad.example", "a.bad.example.", false},
        {".bad.example", "a.bad.example", "a.bad.example", false},
        {"a.bad.example", "*.bad.example", "a.bad.example", false},
        {"a.bad.example", "*.bad.example", "b.bad.example", false},
        {"xn--bcher-kva.example", "www.xn--bcher-kva.example", "www.xn--bcher-kva.example", false},
        {"bad.example", "good.example", "good.example", true},
        {"bad.example", "*.good.example", "a.good.example", true}}) {
    TrustCase one;
    one.authority.excluded = {TestAuthority::dns(row.excluded)};
    one.leaf.names = {TestAuthority::dns(row.name)};
    one.peer_name = row.asked;
    EXPECT_EQ(one.judge(maker).trusted, row.trusted) << row.excluded << " " << row.name;
  }
}

TEST(Threat16, good_chains_of_all_kinds_are_trusted) {
  const TestAuthority maker;
  struct Row {
    const char* name;
    void (*apply)(TrustCase&);
  };
  for (const Row& row : {
           Row{"wildcard",
               [](TrustCase& c) {
                 c.leaf.names = {TestAuthority::dns("*.host.example")};
                 c.peer_name = "a.host.example";
               }},
           {"final dot, other case", [](TrustCase& c) { c.peer_name = "HOST.example."; }},
           {"IPv4",
            [](TrustCase& c) {
              c.leaf.names = {TestAuthority::ip({192, 0, 2, 1})};
              c.peer_name = "192.0.2.1";
            }},
           {"IPv6",
            [](TrustCase& c) {
              c.leaf.names = {
                  TestAuthority::ip({32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
              c.peer_name = "2001:db8::1";
            }},
           {"Ed25519", [](TrustCase& c) { c.leaf.key = Plan::Key::ed25519; }},
           {"Ed25519 all the way",
            [](TrustCase& c) { c.leaf.key = c.authority.key = c.root.key = Plan::Key::ed25519; }},
           {"P-384", [](TrustCase& c) { c.authority.key = Plan::Key::p384; }},
           {"RSA-2048", [](TrustCase& c) { c.root.key = Plan::Key::rsa; }},
           {"no purposes", [](TrustCase& c) { c.leaf.purposes = {}; }},
           {"no key identifiers",
            [](TrustCase& c) {
              c.leaf.has_key_identifiers = c.authority.has_key_identifiers = false;
            }},
           {"good staple",
            [](TrustCase& c) {
              c.leaf.must_staple = true;
              c.staple = {ports::StaplePlan::Status::good, long_ago, later, false};
            }},
           {"good staple unasked",
            [](TrustCase& c) {
              c.staple = {ports::StaplePlan::Status::good, long_ago, {}, false};
            }},
           {"permitted name",
            [](TrustCase& c) { c.authority.permitted = {TestAuthority::dns("example")}; }},
           {"room for one",
            [](TrustCase& c) {
              c.root.path_length = 1;
              c.authority.path_length = 0;
            }},
           {"names of other kinds too",
            [](TrustCase& c) {
              c.leaf.names.push_back(named(CertificateNameKind::other, "user"));
              c.leaf.names.push_back(named(CertificateNameKind::uri, "spiffe://x/y"));
            }},
           {"a thousand names",
            [](TrustCase& c) {
              for (int i = 0; i < 999; ++i)
                c.leaf.names.push_back(TestAuthority::dns(std::to_string(i) + ".example"));
            }},
       }) {
    TrustCase one;
    row.apply(one);
    const auto facts = one.judge(maker);
    EXPECT_TRUE(facts.trusted) << row.name << ": " << facts.sentence;
  }
}

TEST(Threat19, ten_thousand_names_and_constraints_are_refused_quickly) {
  const TestAuthority maker;
  TrustCase one;
  one.options.limits.certificate_bytes_max = 4 << 20;
  one.options.limits.chain_bytes_max = 8 << 20;
  for (int i = 0; i < 10'000; ++i) {
    one.leaf.names.push_back(TestAuthority::dns(std::to_string(i) + ".names.example"));
    one.authority.permitted.push_back(TestAuthority::dns(std::to_string(i) + ".permitted.example"));
  }
  EXPECT_THAT(faults_in(one.judge(maker)), testing::ElementsAre(TrustFault::too_large));
  // By their octets alone, with the usual limits.
  one.options.limits = {};
  EXPECT_THAT(faults_in(one.judge(maker)), testing::ElementsAre(TrustFault::too_large));
}

TEST(Threat25, what_is_no_name_is_for_no_certificate) {
  const TestAuthority maker;
  for (const std::string& name :
       {std::string("b\xc3\xbc"
                    "cher.example"),
        std::string("*.example"), std::string(), std::string("host.example\0.evil", 18),
        std::string("[::1]"), std::string("host..example")}) {
    TrustCase one;
    one.peer_name = name;
    EXPECT_THAT(faults_in(one.judge(maker)), testing::ElementsAre(TrustFault::name_mismatch))
        << name;
  }
}

}  // namespace
}  // namespace bowline::drive
