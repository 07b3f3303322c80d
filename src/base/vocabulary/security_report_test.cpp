#include <gtest/gtest.h>
#include <bowline/detail/facts.h>
#include <bowline/detail/trust_facts.h>

#include <utility>

namespace bowline {
namespace {

SecurityReport named(std::string library) {
  SecurityReport::Facts facts;
  facts.library = std::move(library);
  return SecurityReport(std::move(facts));
}

TEST(SecurityReport, tells_nothing_before_it_is_filled) {
  const SecurityReport report;
  EXPECT_FALSE(report.is_established());
  EXPECT_FALSE(report.trust().is_trusted());
  EXPECT_EQ(report.peer_chain().size(), 0U);
}

TEST(SecurityReport, is_one_line_that_is_safe_to_print) {
  TrustReport::Facts trust;
  trust.trusted = true;
  trust.sentence = "trusted: the root is shipped";
  SecurityReport::Facts facts;
  facts.established = true;
  facts.version = "1.3";
  facts.cipher = "AES-128-GCM";
  facts.group = "X25519";
  facts.alpn = "a\nb";
  facts.resumed = true;
  facts.trust = TrustReport(std::move(trust));
  EXPECT_EQ(to_string(SecurityReport(std::move(facts))),
            "TLS 1.3, AES-128-GCM, X25519, alpn a\\x0ab, resumed; trusted: the root is shipped");
}

TEST(SecurityReport, of_a_connection_is_that_of_its_last_handshake) {
  Handshake::Facts tcp;
  Handshake::Facts lower;
  lower.security = named("lower");
  Handshake::Facts upper;
  upper.security = named("upper");
  Report::Facts report;
  report.handshakes = {Handshake(std::move(tcp)), Handshake(std::move(lower)),
                       Handshake(std::move(upper))};
  const auto security = Report(std::move(report)).security();
  ASSERT_TRUE(security.has_value());
  EXPECT_EQ(security->library(), "upper");
}

TEST(SecurityReport, of_a_failure_is_that_of_the_last_attempt_that_has_one) {
  Attempt::Facts first;
  first.security = named("first");
  Attempt::Facts second;
  Report::Facts report;
  report.attempts = {Attempt(std::move(first)), Attempt(std::move(second))};
  report.error = Error(ErrorKind::untrusted, "connect", "no");
  const auto security = Report(Report::Facts(report)).security();
  ASSERT_TRUE(security.has_value());
  EXPECT_EQ(security->library(), "first");
  // What came about without security has none, whatever failed before.
  report.error.reset();
  EXPECT_FALSE(Report(std::move(report)).security().has_value());
}

}  // namespace
}  // namespace bowline
