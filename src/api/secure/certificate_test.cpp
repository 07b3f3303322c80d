#include <bowline/certificate.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bowline {
namespace {

class Certificates : public testing::Test {
 protected:
  [[nodiscard]] CertificateAndKey make(const CertificateRequest& request,
                                       const CertificateAndKey* issuer = nullptr) {
    auto made = make_certificate(loop, request, issuer);
    EXPECT_TRUE(made.has_value()) << to_string(made.error());
    return made.has_value() ? *std::move(made) : CertificateAndKey();
  }
  [[nodiscard]] static std::vector<Certificate> read(const CertificateAndKey& made) {
    return read_certificates(std::as_bytes(std::span(made.certificates))).value();
  }
  [[nodiscard]] CertificateCheck check_for(std::string host) const {
    CertificateCheck check;
    check.host(std::move(host)).roots(read(root)).system_roots(false);
    return check;
  }

  Loop loop = Loop::open().value();
  CertificateAndKey root = make(CertificateRequest("Root").authority());
};

TEST_F(Certificates, are_made_read_and_trusted) {
  const auto server = make(CertificateRequest("x").name("h.test").name("b\xc3\xbc"
                                                                       "cher.test"),
                           &root);
  const TrustReport report = check_certificates(loop, read(server), check_for("h.test"));
  EXPECT_TRUE(report.is_trusted()) << report.sentence();
  EXPECT_EQ(report.root_origin(), RootOrigin::program);
  EXPECT_TRUE(check_certificates(loop, read(server), check_for("xn--bcher-kva.test")).is_trusted());
  EXPECT_TRUE(check_certificates(loop, read(server),
                                 check_for("B\xc3\x9c"
                                           "CHER.test"))
                  .is_trusted());
  EXPECT_FALSE(check_certificates(loop, read(server), check_for("g.test")).is_trusted());
}

TEST_F(Certificates, of_an_authority_below_bring_it_along) {
  const auto below = make(CertificateRequest("Below").authority(), &root);
  const auto server = make(CertificateRequest("x").name("h.test"), &below);
  EXPECT_EQ(read(server).size(), 2U);
  EXPECT_TRUE(check_certificates(loop, read(server), check_for("h.test")).is_trusted());
}

TEST_F(Certificates, are_judged_as_of_any_moment) {
  const auto server =
      make(CertificateRequest("x").name("h.test").valid_for(std::chrono::hours(24)), &root);
  const auto end = read(server)[0].not_after();
  CertificateCheck check = check_for("h.test");
  EXPECT_TRUE(check_certificates(loop, read(server), check.at(end)).is_trusted());
  const auto late = check_certificates(loop, read(server), check.at(end + std::chrono::seconds(1)));
  EXPECT_EQ(late.problems().at(0).fault, TrustFault::expired);
}

TEST_F(Certificates, with_a_flaw_are_refused) {
  for (const CertificateFlaw flaw : certificate_flaws()) {
    EXPECT_EQ(parse_certificate_flaw(to_string(flaw)), flaw);
    const auto wrong = make(CertificateRequest("h.test").name("h.test").flaw(flaw), &root);
    EXPECT_FALSE(check_certificates(loop, read(wrong), check_for("h.test")).is_trusted())
        << to_string(flaw);
  }
}

TEST_F(Certificates, that_make_no_sense_are_not_made) {
  const auto kind = [&](const CertificateRequest& request, const CertificateAndKey* issuer) {
    const auto made = make_certificate(loop, request, issuer);
    return made.has_value() ? std::optional<ErrorKind>() : made.error().kind();
  };
  using std::chrono::hours;
  EXPECT_EQ(kind(CertificateRequest(""), nullptr), ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest(std::string(65, 'x')), nullptr), ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest("x").name("a b"), nullptr), ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest("x").name("*.192.0.2.1"), nullptr),
            ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest("x").valid_for(hours(0)), nullptr),
            ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest("x").valid_for(hours(24 * 40'000)), nullptr),
            ErrorKind::invalid_argument);
  EXPECT_EQ(kind(CertificateRequest("x").flaw(CertificateFlaw::oversized_key), nullptr),
            ErrorKind::invalid_argument);
  CertificateAndKey broken = root;
  broken.private_key = "nonsense";
  EXPECT_EQ(kind(CertificateRequest("x"), &broken), ErrorKind::malformed);
  broken = root;
  broken.certificates = "nonsense";
  EXPECT_EQ(kind(CertificateRequest("x"), &broken), ErrorKind::malformed);
  EXPECT_FALSE(read_certificates({}).has_value());
}

TEST_F(Certificates, without_a_chain_are_no_certificates) {
  const TrustReport report = check_certificates(loop, {}, check_for("h.test"));
  EXPECT_FALSE(report.is_trusted());
  EXPECT_EQ(report.problems().at(0).fault, TrustFault::no_certificate);
}

}  // namespace
}  // namespace bowline
