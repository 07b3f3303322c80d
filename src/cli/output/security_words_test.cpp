#include "cli/output/security_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <bowline/detail/security_facts.h>
#include <bowline/detail/trust_facts.h>

namespace bowline::cli {
namespace {

Certificate certificate(std::string subject, std::vector<CertificateName> names) {
  Certificate::Facts facts;
  facts.subject = std::move(subject);
  facts.names = std::move(names);
  facts.not_after = std::chrono::sys_days(std::chrono::year(2027) / 2 / 28);
  return Certificate(std::move(facts));
}

SecurityReport::Facts agreed() {
  SecurityReport::Facts facts;
  facts.established = true;
  facts.version = "1.3";
  facts.cipher = "AES-128-GCM";
  facts.group = "X25519";
  facts.alpn = "h2";
  facts.library = "GnuTLS 3.7.9";
  TrustReport::Facts trust;
  trust.trusted = true;
  trust.root_origin = RootOrigin::distribution;
  trust.sentence = "trusted: the root 'CN=R' is one of the system's";
  facts.trust = TrustReport(std::move(trust));
  facts.peer_chain = {certificate("CN=host", {{CertificateNameKind::dns, "host.test"}}),
                      certificate("CN=R", {})};
  return facts;
}

TEST(SecurityWords, say_what_was_agreed_on_whom_it_met_and_why_it_trusts) {
  EXPECT_EQ(render_security(SecurityReport(agreed()), Style()),
            "secured by TLS 1.3, AES-128-GCM, X25519, alpn h2 (GnuTLS 3.7.9)\n"
            "  cert 1     CN=host for host.test, until 2027-02-28\n"
            "  cert 2     CN=R, until 2027-02-28\n"
            "  trusted    the root 'CN=R' is one of the system's\n");
}

TEST(SecurityWords, list_all_that_is_wrong_and_what_was_asked_for) {
  SecurityReport::Facts facts = agreed();
  facts.established = false;
  facts.alpn.clear();
  facts.peer_chain.pop_back();
  facts.exceptions = {"trust_anybody: it does not count"};
  TrustReport::Facts trust;
  trust.problems = {{TrustFault::expired, 0, "it is over"},
                    {TrustFault::name_mismatch, 0, "it is for others"}};
  trust.sentence = "it is over";
  facts.trust = TrustReport(std::move(trust));
  EXPECT_EQ(render_security(SecurityReport(std::move(facts)), Style()),
            "not secured: TLS did not come about (GnuTLS 3.7.9)\n"
            "  cert 1     CN=host for host.test, until 2027-02-28\n"
            "  untrusted  it is over\n"
            "  untrusted  it is for others\n"
            "  exception  trust_anybody: it does not count\n");
}

TEST(SecurityWords, show_ten_certificates_and_four_names_at_most) {
  SecurityReport::Facts facts = agreed();
  const std::vector<CertificateName> names(1000, {CertificateNameKind::dns, "a.test"});
  facts.peer_chain.assign(50, certificate("CN=x", names));
  const std::string text = render_security(SecurityReport(std::move(facts)), Style());
  EXPECT_EQ(std::ranges::count(text, '\n'), 12);
  EXPECT_NE(text.find("for a.test, a.test, a.test, a.test and 996 more, until"), std::string::npos);
}

TEST(SecurityWords, escape_what_the_peer_said) {
  SecurityReport::Facts facts = agreed();
  facts.alpn = "\x1b[31m";
  facts.preshared_key = "a\nb";
  facts.peer_chain = {certificate("CN=\x1b]0;x\x07", {{CertificateNameKind::dns, "a\rb"}})};
  const SecurityReport report(std::move(facts));
  const std::string text = render_security(report, Style());
  EXPECT_EQ(text.find_first_of("\x1b\x07\r"), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  Json json;
  write_security(json, report);
  EXPECT_EQ(json.text().find_first_of("\x1b\x07\r\n"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(json.text())["psk"], "a\nb");
}

TEST(SecurityWords, are_null_in_json_where_nothing_is_known) {
  Json json;
  write_security(json, SecurityReport());
  const auto read = nlohmann::json::parse(json.text());
  for (const char* field :
       {"version", "cipher", "group", "alpn", "psk", "trusted", "why", "root_origin"})
    EXPECT_EQ(read[field], nullptr) << field;
  EXPECT_EQ(read["chain"], nlohmann::json::array());
}

}  // namespace
}  // namespace bowline::cli
