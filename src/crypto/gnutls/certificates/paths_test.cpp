#include <bowline/detail/trust_facts.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/gnutls/certificates/making/plans.h"

namespace bowline::crypto {
namespace {

using ports::CertificatePath;
using ports::CertificatePlan;

class CertificatePaths : public testing::Test {
 protected:
  [[nodiscard]] std::vector<CertificatePath> find(const std::vector<ports::Der>& chain,
                                                  const std::vector<ports::Der>& roots,
                                                  const std::vector<ports::Der>& staples = {}) {
    const std::vector<ports::RootSet> sets{
        {authority.library->make_roots(roots), RootOrigin::program}};
    return authority.library->find_paths(
        {chain, staples, sets, ports::CertificatePurpose::server, TestAuthority::now, {}});
  }
  /// The faults of the best path.
  [[nodiscard]] std::vector<TrustFault> faults(const std::vector<ports::Der>& chain,
                                               const std::vector<ports::Der>& staples = {}) {
    std::vector<TrustFault> found;
    const auto paths = find(chain, {authority.root.der}, staples);
    for (const TrustProblem& problem : paths.front().problems) found.push_back(problem.fault);
    return found;
  }
  [[nodiscard]] static std::vector<ports::Der> certificates(const CertificatePath& path) {
    std::vector<ports::Der> all;
    for (const Certificate& one : path.certificates) all.push_back(one.der());
    return all;
  }

  TestAuthority authority;
  TestAuthority::Made leaf = authority.leaf(TestAuthority::leaf_plan("host.example"));
};

TEST_F(CertificatePaths, lead_from_the_leaf_to_a_root) {
  const auto paths = find(authority.chain_of(leaf), {authority.root.der});
  ASSERT_EQ(paths.size(), 1U);
  EXPECT_THAT(certificates(paths[0]),
              testing::ElementsAre(leaf.der, authority.intermediate.der, authority.root.der));
  EXPECT_EQ(paths[0].origin, RootOrigin::program);
  EXPECT_THAT(paths[0].problems, testing::IsEmpty());
}

TEST_F(CertificatePaths, do_not_mind_order_repetition_strangers_and_the_root_itself) {
  const auto stranger = authority.make(TestAuthority::authority_plan("Stranger"), nullptr);
  const auto paths = find({leaf.der, stranger.der, authority.root.der, authority.intermediate.der,
                           authority.intermediate.der},
                          {authority.root.der});
  ASSERT_FALSE(paths.empty());
  EXPECT_THAT(paths[0].problems, testing::IsEmpty());
  EXPECT_EQ(paths[0].certificates.size(), 3U);
}

TEST_F(CertificatePaths, take_a_cross_signed_way_when_the_direct_one_is_unknown) {
  // A new root, known to few, is also certified by an old one that everybody knows.
  const auto old_root = authority.make(TestAuthority::authority_plan("Old Root"), nullptr);
  CertificatePlan plan = TestAuthority::authority_plan("Test Root");
  plan.key_of = &authority.root;
  const auto cross = authority.make(plan, &old_root);
  const std::vector<ports::Der> chain{leaf.der, authority.intermediate.der, cross.der};
  const auto by_old = find(chain, {old_root.der});
  EXPECT_THAT(by_old[0].problems, testing::IsEmpty());
  EXPECT_EQ(by_old[0].certificates.size(), 4U);
  const auto by_both = find(chain, {old_root.der, authority.root.der});
  ASSERT_EQ(by_both.size(), 2U);
  EXPECT_EQ(by_both[0].certificates.size(), 3U);  // the shorter one first
  EXPECT_THAT(by_both[1].problems, testing::IsEmpty());
}

TEST_F(CertificatePaths, end_where_nobody_is_known) {
  const auto none = find(authority.chain_of(leaf), {});
  ASSERT_EQ(none.size(), 1U);
  EXPECT_EQ(none[0].origin, std::nullopt);
  EXPECT_EQ(none[0].certificates.size(), 2U);
  ASSERT_FALSE(none[0].problems.empty());
  EXPECT_EQ(none[0].problems[0].fault, TrustFault::unknown_authority);
  EXPECT_THAT(none[0].problems[0].sentence, testing::HasSubstr("CN=Test Root"));
  EXPECT_THAT(faults({leaf.der}), testing::ElementsAre(TrustFault::unknown_authority));
  const auto own = authority.make(TestAuthority::leaf_plan("host.example"), nullptr);
  EXPECT_THAT(faults({own.der}), testing::ElementsAre(TrustFault::self_signed));
}

TEST_F(CertificatePaths, tell_what_a_library_sees) {
  const auto with = [&](auto change) {
    CertificatePlan plan = TestAuthority::leaf_plan("host.example");
    change(plan);
    return faults(authority.chain_of(authority.leaf(plan)));
  };
  using testing::Contains;
  EXPECT_THAT(
      with([](CertificatePlan& plan) { plan.signature = CertificatePlan::Signature::broken; }),
      testing::ElementsAre(TrustFault::bad_signature));
  EXPECT_THAT(
      with([](CertificatePlan& plan) { plan.signature = CertificatePlan::Signature::sha1; }),
      Contains(TrustFault::weak_signature));
  EXPECT_THAT(with([](CertificatePlan& plan) { plan.purposes = {TestAuthority::for_clients}; }),
              Contains(TrustFault::wrong_purpose));
  EXPECT_THAT(with([](CertificatePlan& plan) { plan.unknown_critical = "1.3.6.1.4.1.55555.1"; }),
              Contains(TrustFault::unknown_critical));
  EXPECT_THAT(with([](CertificatePlan& plan) { plan.imaginary_rsa_bits = 16'384; }),
              testing::ElementsAre(TrustFault::oversized_key));
}

TEST_F(CertificatePaths, are_not_looked_for_in_what_is_too_much) {
  std::vector<ports::Der> many(11, authority.intermediate.der);
  many.front() = leaf.der;
  EXPECT_THAT(faults(many), testing::ElementsAre(TrustFault::too_large));
  EXPECT_THAT(faults({}), testing::ElementsAre(TrustFault::no_certificate));
  EXPECT_THAT(faults({leaf.der, ports::Der(100)}), testing::ElementsAre(TrustFault::malformed));
  EXPECT_THAT(faults({ports::Der()}), testing::ElementsAre(TrustFault::malformed));
}

TEST_F(CertificatePaths, stay_bounded_among_many_of_one_name) {
  // Nine authorities of one name, each of which may have issued each other.
  std::vector<ports::Der> chain{leaf.der};
  for (int i = 0; i < 9; ++i)
    chain.push_back(authority.make(TestAuthority::authority_plan("Test Authority"), nullptr).der);
  const auto paths = find(chain, {authority.root.der});
  EXPECT_LE(paths.size(), 8U);
  EXPECT_FALSE(paths[0].problems.empty());
}

TEST_F(CertificatePaths, count_proofs_that_nothing_was_revoked) {
  using Status = ports::StaplePlan::Status;
  const auto now = TestAuthority::now;
  const auto hours = [](int count) { return std::chrono::hours(count); };
  CertificatePlan promising = TestAuthority::leaf_plan("host.example");
  promising.must_staple = true;
  const auto promised = authority.leaf(promising);
  const auto staple = [&](Status status, std::chrono::sys_seconds from,
                          std::chrono::sys_seconds until, bool is_broken = false) {
    return authority.maker
        ->make_staple({status, from, until, is_broken}, promised, authority.intermediate)
        .value();
  };
  const auto chain = authority.chain_of(promised);
  const auto good = staple(Status::good, now - hours(1), now + hours(24));
  using testing::ElementsAre;
  EXPECT_THAT(faults(chain, {good}), testing::IsEmpty());
  EXPECT_THAT(faults(chain), ElementsAre(TrustFault::staple_missing));
  EXPECT_THAT(faults(chain, {ports::Der()}), ElementsAre(TrustFault::staple_missing));
  EXPECT_THAT(faults(chain, {staple(Status::revoked, now - hours(1), now + hours(24))}),
              ElementsAre(TrustFault::revoked));
  EXPECT_THAT(faults(chain, {staple(Status::revoked, now - hours(1000), now - hours(900))}),
              ElementsAre(TrustFault::revoked));
  EXPECT_THAT(faults(chain, {staple(Status::unknown, now - hours(1), now + hours(24))}),
              ElementsAre(TrustFault::staple_invalid));
  EXPECT_THAT(faults(chain, {staple(Status::good, now - hours(48), now - hours(24))}),
              ElementsAre(TrustFault::staple_expired));
  EXPECT_THAT(faults(chain, {staple(Status::good, now + hours(24), now + hours(48))}),
              ElementsAre(TrustFault::staple_expired));
  EXPECT_THAT(faults(chain, {staple(Status::good, now - hours(1), now + hours(24), true)}),
              ElementsAre(TrustFault::staple_invalid));
  EXPECT_THAT(faults(chain, {ports::Der(40)}), ElementsAre(TrustFault::staple_invalid));
  // For another certificate of the same authority, and by another authority.
  EXPECT_THAT(faults(authority.chain_of(leaf), {good}), ElementsAre(TrustFault::staple_invalid));
  const auto by_root =
      authority.maker->make_staple({Status::good, now, {}, false}, promised, authority.root)
          .value();
  EXPECT_THAT(faults(chain, {by_root}), ElementsAre(TrustFault::staple_invalid));
}

}  // namespace
}  // namespace bowline::crypto
