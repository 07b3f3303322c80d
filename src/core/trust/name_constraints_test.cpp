#include "core/trust/name_constraints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trust/trust_scene.h"

namespace bowline::core {
namespace {

using Names = std::vector<CertificateName>;

CertificateName uri(std::string text) { return {CertificateNameKind::uri, std::move(text)}; }
CertificateName email(std::string text) { return {CertificateNameKind::email, std::move(text)}; }
CertificateName service(std::string text) {
  return {CertificateNameKind::service, std::move(text)};
}

struct ConstraintRow {
  const char* what;
  Names permitted;
  Names excluded;
  Names names;
  bool allowed;
};

bool is_allowed(const ConstraintRow& row, const std::optional<ReferenceName>& reference = {}) {
  Certificate::Facts authority = authority_facts(1);
  authority.has_constraints = true;
  authority.permitted = row.permitted;
  authority.excluded = row.excluded;
  return check_constraints(path_of({leaf_facts(row.names), authority}), reference).empty();
}

TEST(NameConstraints, follow_the_table) {
  const CertificateName ten = ip_name({10, 0, 0, 0, 255, 0, 0, 0});
  const ConstraintRow rows[] = {
      {"inside", {dns_name("good.test")}, {}, {dns_name("a.good.test")}, true},
      {"the domain itself", {dns_name("good.test")}, {}, {dns_name("good.test")}, true},
      {"other case", {dns_name("GOOD.test")}, {}, {dns_name("a.Good.TEST")}, true},
      {"not by label", {dns_name("good.test")}, {}, {dns_name("agood.test")}, false},
      {"outside", {dns_name("good.test")}, {}, {dns_name("a.bad.test")}, false},
      {"one of two outside",
       {dns_name("good.test")},
       {},
       {dns_name("good.test"), dns_name("x.test")},
       false},
      {"one of two permitted",
       {dns_name("a.test"), dns_name("b.test")},
       {},
       {dns_name("b.test")},
       true},
      {"dot in front: below", {dns_name(".good.test")}, {}, {dns_name("a.good.test")}, true},
      {"dot in front: not itself", {dns_name(".good.test")}, {}, {dns_name("good.test")}, false},
      {"dot behind", {dns_name("good.test.")}, {}, {dns_name("a.good.test")}, true},
      {"name with dot behind", {}, {dns_name("bad.test")}, {dns_name("a.bad.test.")}, false},
      {"all", {dns_name("")}, {}, {dns_name("a.test")}, true},
      {"all excluded", {}, {dns_name("")}, {dns_name("a.test")}, false},
      {"excluded", {}, {dns_name("bad.test")}, {dns_name("a.bad.test")}, false},
      {"excluded in other case", {}, {dns_name("bad.test")}, {dns_name("a.BAD.Test")}, false},
      {"beside the excluded", {}, {dns_name("bad.test")}, {dns_name("a.good.test")}, true},
      {"permitted, then excluded",
       {dns_name("good.test")},
       {dns_name("x.good.test")},
       {dns_name("x.good.test")},
       false},
      {"wildcard inside", {dns_name("good.test")}, {}, {dns_name("*.good.test")}, true},
      {"wildcard outside", {dns_name("a.good.test")}, {}, {dns_name("*.good.test")}, false},
      {"wildcard over an excluded one",
       {},
       {dns_name("a.bad.test")},
       {dns_name("*.bad.test")},
       false},
      {"wildcard within excluded", {}, {dns_name("bad.test")}, {dns_name("*.a.bad.test")}, false},
      {"wildcard elsewhere", {}, {dns_name("a.bad.test")}, {dns_name("*.good.test")}, true},
      {"only dns is limited",
       {dns_name("good.test")},
       {},
       {dns_name("good.test"), ip_name({10, 0, 0, 1})},
       true},
      {"address inside", {ten}, {}, {ip_name({10, 1, 2, 3})}, true},
      {"address outside", {ten}, {}, {ip_name({11, 1, 2, 3})}, false},
      {"other family",
       {ten},
       {},
       {ip_name({32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})},
       false},
      {"address excluded", {}, {ten}, {ip_name({10, 1, 2, 3})}, false},
      {"mapped address excluded",
       {},
       {ten},
       {ip_name({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3})},
       false},
      {"mask with a hole",
       {ip_name({10, 0, 0, 0, 255, 0, 255, 0})},
       {},
       {ip_name({10, 1, 0, 3})},
       false},
      {"mask of odd length", {}, {ip_name({10, 0, 0})}, {ip_name({11, 0, 0, 1})}, false},
      {"uri inside", {uri(".good.test")}, {}, {uri("https://u@a.good.test:1/x?y")}, true},
      {"uri: the host alone", {uri("good.test")}, {}, {uri("https://a.good.test/")}, false},
      {"uri outside", {uri("good.test")}, {}, {uri("https://bad.test/")}, false},
      {"uri excluded", {}, {uri("bad.test")}, {uri("https://BAD.test/")}, false},
      {"uri without host", {uri("good.test")}, {}, {uri("urn:good.test")}, false},
      {"uri with address", {}, {uri("bad.test")}, {uri("https://10.0.0.1/")}, false},
      {"mailbox", {email("a@good.test")}, {}, {email("a@GOOD.test")}, true},
      {"other mailbox", {email("a@good.test")}, {}, {email("b@good.test")}, false},
      {"mail host", {email("good.test")}, {}, {email("b@good.test")}, true},
      {"mail below", {email(".good.test")}, {}, {email("b@a.good.test")}, true},
      {"mail excluded", {}, {email("bad.test")}, {email("b@bad.test")}, false},
      {"no mail at all", {}, {email("bad.test")}, {email("bad.test")}, false},
      {"service inside", {service("good.test")}, {}, {service("_x.good.test")}, true},
      {"service outside", {service("good.test")}, {}, {service("_x.bad.test")}, false},
      {"one service", {service("_x.good.test")}, {}, {service("_y.good.test")}, false},
      {"unknown kind excluded",
       {},
       {{CertificateNameKind::other, "x"}},
       {{CertificateNameKind::other, "y"}},
       false},
      {"unknown kind permitted",
       {{CertificateNameKind::other, "x"}},
       {},
       {{CertificateNameKind::other, "x"}},
       false},
      {"unknown kind, none there",
       {},
       {{CertificateNameKind::other, "x"}},
       {dns_name("a.test")},
       true},
      {"excluded distinguished name",
       {},
       {{CertificateNameKind::directory, "\x30\x01z"}},
       {dns_name("a.test")},
       false},
      {"permitted distinguished name",
       {{CertificateNameKind::directory, "\x30\x02le"}},
       {},
       {dns_name("a.test")},
       true},
      {"other distinguished name",
       {{CertificateNameKind::directory, "\x30\x02xx"}},
       {},
       {dns_name("a.test")},
       false},
  };
  for (const ConstraintRow& row : rows) EXPECT_EQ(is_allowed(row), row.allowed) << row.what;
}

TEST(NameConstraints, hold_for_the_name_that_was_meant_too) {
  const ConstraintRow row{"", {}, {dns_name("a.b.bad.test")}, {dns_name("x.test")}, true};
  EXPECT_TRUE(is_allowed(row));
  EXPECT_FALSE(is_allowed(row, ReferenceName{"a.b.bad.test", {}}));
}

TEST(NameConstraints, of_two_authorities_both_hold) {
  Certificate::Facts lower = authority_facts(1);
  lower.has_constraints = true;
  lower.permitted = {dns_name("good.test")};
  Certificate::Facts upper = authority_facts(2);
  upper.has_constraints = true;
  upper.excluded = {dns_name("x.good.test")};
  const auto allowed = [&](const char* host) {
    return check_constraints(path_of({leaf_facts({dns_name(host)}), lower, upper}), {}).empty();
  };
  EXPECT_TRUE(allowed("a.good.test"));
  EXPECT_FALSE(allowed("x.good.test"));
  EXPECT_FALSE(allowed("a.test"));
}

TEST(NameConstraints, name_the_authority_and_the_name) {
  Certificate::Facts authority = authority_facts(1);
  authority.has_constraints = true;
  authority.excluded = {dns_name("bad.test")};
  const auto problems =
      check_constraints(path_of({leaf_facts({dns_name("a.bad.test")}), authority}), {});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].fault, TrustFault::name_not_permitted);
  EXPECT_EQ(problems[0].certificate, 1U);
  EXPECT_EQ(
      problems[0].sentence,
      "the authority 'CN=authority 1' may not vouch for dns:a.bad.test: such names are excluded");
}

}  // namespace
}  // namespace bowline::core
