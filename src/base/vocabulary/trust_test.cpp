#include <bowline/detail/trust_facts.h>

#include <gtest/gtest.h>

#include <set>

namespace bowline {
namespace {

TEST(Trust, each_fault_has_a_word_and_a_meaning_of_its_own) {
  std::set<std::string> words;
  std::set<std::string_view> meanings;
  const int count = static_cast<int>(TrustFault::roots_unavailable) + 1;
  for (int i = 0; i < count; ++i) {
    words.insert(to_string(static_cast<TrustFault>(i)));
    meanings.insert(meaning_of(static_cast<TrustFault>(i)));
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(meanings.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(to_string(TrustFault::no_certificate), "no_certificate");
  EXPECT_EQ(to_string(TrustFault::unsupported), "unsupported");
  EXPECT_EQ(to_string(TrustFault::roots_unavailable), "roots_unavailable");
}

TEST(Trust, names_are_safe_to_print) {
  using enum CertificateNameKind;
  EXPECT_EQ(to_string(CertificateName{dns, std::string("a\0\x1b[31m", 7)}), "dns:a\\x00\\x1b[31m");
  EXPECT_EQ(to_string(CertificateName{ip, std::string("\xc0\x00\x02\x01", 4)}), "ip:192.0.2.1");
  EXPECT_EQ(to_string(CertificateName{ip, std::string("\x0a\0\0\0\xff\0\0\0", 8)}),
            "ip:10.0.0.0/255.0.0.0");
  EXPECT_EQ(to_string(CertificateName{ip, std::string("abc")}), "ip:(3 octets)");
  EXPECT_EQ(to_string(CertificateName{directory, std::string("\x30\0", 2)}),
            "directory:(a distinguished name)");
  EXPECT_LT(to_string(CertificateName{uri, std::string(100'000, 'x')}).size(), 300U);
}

TEST(Trust, values_that_were_never_filled_tell_nothing) {
  const Certificate certificate;
  EXPECT_EQ(certificate.subject(), "");
  EXPECT_FALSE(certificate.is_authority());
  const TrustReport report;
  EXPECT_FALSE(report.is_trusted());
  EXPECT_TRUE(report.chain().empty());
  EXPECT_EQ(report.root_origin(), std::nullopt);
}

}  // namespace
}  // namespace bowline
