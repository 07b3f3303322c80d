#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trust/name_match.h"
#include "core/trust/reference_name.h"
#include "core/trust/trust_scene.h"

namespace bowline::core {
namespace {

/// What `host` is read as, or "" if it is refused.
std::string read_as(std::string_view text) {
  const auto name = read_reference_name(text);
  return name.has_value() ? to_string(*name) : "";
}

TEST(ReferenceName, is_a_host_in_lower_case_or_an_address) {
  EXPECT_EQ(read_as("Host.Example"), "host.example");
  EXPECT_EQ(read_as("host.example."), "host.example");
  EXPECT_EQ(read_as("localhost"), "localhost");
  EXPECT_EQ(read_as("_a.xn--bcher-kva.test"), "_a.xn--bcher-kva.test");
  EXPECT_EQ(read_as("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(read_as("2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(read_as("fe80::1%3"), "fe80::1");
  EXPECT_EQ(read_as("fe80::1%eth0"), "fe80::1");
}

TEST(ReferenceName, is_nothing_that_could_be_taken_for_something_else) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv, "."sv, ".host.example"sv, "a..b"sv, "*.example.com"sv,
                                      "host.example.."sv, "a b"sv, "a\0b"sv,
                                      "b\xc3\xbc"
                                      "cher.test"sv,
                                      "[::1]"sv, "127.1"sv, "1.2.3.4.5"sv, "0x7f000001"sv,
                                      "host.256"sv, "a/b"sv, "a\nb"sv, "user@host"sv, "host:443"sv})
    EXPECT_EQ(read_as(text), "") << text;
  EXPECT_EQ(read_as(std::string(64, 'a') + ".example"), "");
  EXPECT_NE(read_as(std::string(63, 'a') + ".example"), "");
  EXPECT_EQ(read_as(std::string(130, 'a') + std::string(130, 'b')), "");
}

struct MatchRow {
  const char* presented;
  const char* host;
  bool matches;
};

TEST(NameMatch, follows_the_table_for_hosts) {
  for (const MatchRow& row : {MatchRow{"h.test", "h.test", true},
                              {"H.TEST", "h.test", true},
                              {"h.test.", "h.test", false},
                              {"h.test", "g.test", false},
                              {"*.w.test", "a.w.test", true},
                              {"*.W.test", "a.w.test", true},
                              {"*.w.test", "a.b.w.test", false},
                              {"*.w.test", "w.test", false},
                              {"*.w.test", "xn--a.w.test", true},
                              {"*.w.test", ".w.test", false},
                              {"*", "test", false},
                              {"*.test", "a.test", false},
                              {"*.test.", "a.test", false},
                              {"*o.w.test", "foo.w.test", false},
                              {"f*.w.test", "foo.w.test", false},
                              {"f*o.w.test", "foo.w.test", false},
                              {"xn--*.w.test", "xn--a.w.test", false},
                              {"a.*.w.test", "a.b.w.test", false},
                              {"*.*.w.test", "a.b.w.test", false},
                              {"**.w.test", "a.w.test", false},
                              {"*..test", "a..test", false},
                              {"", "h.test", false},
                              {"b\xc3\xbc"
                               "cher.test",
                               "xn--bcher-kva.test", false}})
    EXPECT_EQ(matches_host(row.presented, row.host), row.matches)
        << row.presented << " for " << row.host;
}

/// The faults of a certificate with these names, asked for `host`.
std::vector<TrustFault> match(std::vector<CertificateName> names, std::string_view host,
                              const NameRules& rules = {}) {
  const Certificate leaf(leaf_facts(std::move(names)));
  return faults_of(match_name(leaf, read_reference_name(host).value(), rules));
}

TEST(NameMatch, finds_addresses_among_addresses_only) {
  EXPECT_THAT(match({ip_name({127, 0, 0, 1})}, "127.0.0.1"), testing::IsEmpty());
  EXPECT_THAT(match({dns_name("127.0.0.1")}, "127.0.0.1"),
              testing::ElementsAre(TrustFault::name_mismatch));
  EXPECT_THAT(match({dns_name("*.0.0.1")}, "127.0.0.1"),
              testing::ElementsAre(TrustFault::name_mismatch));
  EXPECT_THAT(match({ip_name({127, 0, 0, 1})}, "localhost"),
              testing::ElementsAre(TrustFault::name_mismatch));
  EXPECT_THAT(match({ip_name({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1})}, "127.0.0.1"),
              testing::ElementsAre(TrustFault::name_mismatch));
}

TEST(NameMatch, does_not_count_a_common_name) {
  Certificate::Facts facts = leaf_facts({});
  facts.common_name = "h.test";
  facts.common_names = 1;
  facts.has_names = false;
  const ReferenceName name = read_reference_name("h.test").value();
  EXPECT_THAT(faults_of(match_name(Certificate(Certificate::Facts(facts)), name, {})),
              testing::ElementsAre(TrustFault::no_names));
  NameRules old;
  old.use_common_name = true;
  EXPECT_THAT(match_name(Certificate(Certificate::Facts(facts)), name, old), testing::IsEmpty());
  // Not beside other names, not if it is one of several, and not for an address.
  facts.has_names = true;
  EXPECT_THAT(faults_of(match_name(Certificate(Certificate::Facts(facts)), name, old)),
              testing::ElementsAre(TrustFault::no_names));
  facts.has_names = false;
  facts.common_names = 2;
  EXPECT_THAT(faults_of(match_name(Certificate(Certificate::Facts(facts)), name, old)),
              testing::ElementsAre(TrustFault::no_names));
  facts.common_names = 1;
  facts.common_name = "127.0.0.1";
  EXPECT_THAT(faults_of(match_name(Certificate(std::move(facts)),
                                   read_reference_name("127.0.0.1").value(), old)),
              testing::ElementsAre(TrustFault::no_names));
}

TEST(NameMatch, condemns_nul_and_control_characters_wherever_they_are) {
  const std::string nul("h.test\0.evil.test", 17);
  EXPECT_THAT(match({dns_name("h.test"), dns_name(nul)}, "h.test"),
              testing::ElementsAre(TrustFault::malformed_name));
  EXPECT_THAT(match({dns_name("h.test\n")}, "h.test"),
              testing::ElementsAre(TrustFault::malformed_name));
  EXPECT_THAT(match({{CertificateNameKind::uri, nul}}, "h.test"),
              testing::ElementsAre(TrustFault::malformed_name));
  EXPECT_THAT(match({ip_name({0, 0, 0, 0}), dns_name("h.test")}, "h.test"), testing::IsEmpty());
}

TEST(NameMatch, counts_services_and_uris_only_if_asked_to) {
  const std::vector<CertificateName> names{{CertificateNameKind::service, "_xmpp-client.h.test"},
                                           {CertificateNameKind::uri, "sip:h.test"}};
  EXPECT_THAT(match(names, "h.test"), testing::ElementsAre(TrustFault::name_mismatch));
  NameRules service;
  service.service = "xmpp-client";
  EXPECT_THAT(match(names, "h.test", service), testing::IsEmpty());
  EXPECT_THAT(match(names, "g.test", service), testing::ElementsAre(TrustFault::name_mismatch));
  service.service = "xmpp-server";
  EXPECT_THAT(match(names, "h.test", service), testing::ElementsAre(TrustFault::name_mismatch));
  NameRules uri;
  uri.uri_scheme = "sip";
  EXPECT_THAT(match(names, "h.test", uri), testing::IsEmpty());
  uri.uri_scheme = "https";
  EXPECT_THAT(match(names, "h.test", uri), testing::ElementsAre(TrustFault::name_mismatch));
}

TEST(NameMatch, tells_what_the_certificate_is_for) {
  const Certificate leaf(
      leaf_facts({dns_name("a.test"), dns_name("*.b.test"), ip_name({192, 0, 2, 1}),
                  dns_name("c.test"), dns_name("d.test"), dns_name("e.test")}));
  const auto problems = match_name(leaf, read_reference_name("h.test").value(), {});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(
      problems[0].sentence,
      "the certificate is for a.test, *.b.test, ip:192.0.2.1, c.test and 2 more, not for h.test");
}

}  // namespace
}  // namespace bowline::core
