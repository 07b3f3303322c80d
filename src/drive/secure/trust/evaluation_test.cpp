#include "drive/secure/trust/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "drive/secure/trust/trust_bench.h"

namespace bowline::drive {
namespace {

constexpr const char* bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* list = "/etc/ca-certificates.conf";

/// A host whose bundle holds one root of the distribution and one that was added.
class HostRoots : public testing::Test {
 protected:
  HostRoots() {
    files.write(bundle, pem(maker.root) + pem(added));
    files.write(list, "# comment\nmozilla/Test_Root.crt\n!mozilla/Off.crt\nlocal/Other.crt\n");
    files.write("/usr/share/ca-certificates/mozilla/Test_Root.crt", pem(maker.root));
  }
  [[nodiscard]] std::string pem(const TestAuthority::Made& made) const {
    return maker.maker->to_pem(made.der);
  }
  /// A server below `authority`, judged by the host's roots.
  [[nodiscard]] TrustReport::Facts judge(const TestAuthority::Made& authority,
                                         TrustOptions options = {}) {
    const auto leaf = maker.make(TestAuthority::leaf_plan("host.example"), &authority);
    ports::TlsQuestion question;
    question.chain = {leaf.der};
    question.peer_name = "host.example";
    return Evaluation(*maker.library, &roots, std::move(options))
        .evaluate(question, TestAuthority::now);
  }

  TestAuthority maker;
  TestAuthority::Made added = maker.make(TestAuthority::authority_plan("Added Root"), nullptr);
  TestFiles files;
  SystemRoots roots{files};
};

TEST_F(HostRoots, are_told_apart_by_who_put_them_there) {
  EXPECT_EQ(judge(maker.root).root_origin, RootOrigin::distribution);
  const auto by_added = judge(added);
  EXPECT_TRUE(by_added.trusted);
  EXPECT_EQ(by_added.root_origin, RootOrigin::administrator);
  EXPECT_EQ(by_added.sentence,
            "trusted: the root 'CN=Added Root' is one that was added on this host");
}

TEST_F(HostRoots, that_were_added_can_be_refused) {
  TrustOptions options;
  options.distribution_roots_only = true;
  EXPECT_TRUE(judge(maker.root, options).trusted);
  const auto refused = judge(added, options);
  EXPECT_THAT(faults_in(refused), testing::ElementsAre(TrustFault::root_not_accepted));
  EXPECT_EQ(
      refused.sentence,
      "the root 'CN=Added Root' is one that was added on this host, and only the distribution's "
      "are accepted");
}

TEST_F(HostRoots, of_a_host_that_does_not_tell_are_nobody_s) {
  files.remove(list);
  EXPECT_EQ(judge(maker.root).root_origin, RootOrigin::system);
  TrustOptions options;
  options.distribution_roots_only = true;
  EXPECT_FALSE(judge(maker.root, options).trusted);
}

TEST_F(HostRoots, that_are_listed_but_turned_off_or_of_others_count_as_added) {
  files.write("/usr/share/ca-certificates/local/Other.crt", pem(added));
  files.write("/usr/share/ca-certificates/mozilla/Off.crt", pem(added));
  EXPECT_EQ(judge(added).root_origin, RootOrigin::administrator);
}

TEST_F(HostRoots, are_read_once_and_again_when_they_changed) {
  EXPECT_TRUE(judge(maker.root).trusted);
  const int reads = files.reads;
  const Certificate::Digest before = roots.identity();
  EXPECT_TRUE(judge(maker.root).trusted);
  EXPECT_EQ(files.reads, reads);
  files.write(bundle, pem(added));
  EXPECT_FALSE(judge(maker.root).trusted);
  EXPECT_TRUE(judge(added).trusted);
  EXPECT_NE(roots.identity(), before);
}

TEST_F(HostRoots, that_cannot_be_read_are_a_reason) {
  files.remove(bundle);
  EXPECT_THAT(faults_in(judge(maker.root)), testing::Contains(TrustFault::roots_unavailable));
  files.write(bundle, "nothing");
  EXPECT_THAT(faults_in(judge(maker.root)), testing::Contains(TrustFault::roots_unavailable));
  // The program's own go on.
  TrustOptions options;
  options.roots = {maker.root.der};
  EXPECT_TRUE(judge(maker.root, options).trusted);
}

TEST_F(HostRoots, of_the_distribution_lead_past_an_added_one) {
  // The added root is certified by the distribution's as well; with only the latter accepted, it counts.
  ports::CertificatePlan plan = TestAuthority::authority_plan("Added Root");
  plan.key_of = &added;
  const auto cross = maker.make(plan, &maker.root);
  const auto leaf = maker.make(TestAuthority::leaf_plan("host.example"), &added);
  ports::TlsQuestion question;
  question.chain = {leaf.der, cross.der};
  question.peer_name = "host.example";
  TrustOptions options;
  options.distribution_roots_only = true;
  const auto facts =
      Evaluation(*maker.library, &roots, options).evaluate(question, TestAuthority::now);
  EXPECT_TRUE(facts.trusted) << facts.sentence;
  EXPECT_EQ(facts.chain.size(), 3U);
}

class Evaluations : public testing::Test {
 protected:
  Evaluations() { options.use_system_roots = false; }
  [[nodiscard]] TrustReport::Facts judge(ports::TlsQuestion question) {
    return Evaluation(*maker.library, nullptr, options).evaluate(question, TestAuthority::now);
  }
  [[nodiscard]] ports::TlsQuestion ask_about(std::vector<ports::Der> chain) const {
    ports::TlsQuestion question;
    question.chain = std::move(chain);
    question.peer_name = "host.example";
    return question;
  }
  TestAuthority maker;
  TrustOptions options;
};

TEST_F(Evaluations, take_a_cross_signed_chain_whose_old_root_is_over) {
  ports::CertificatePlan old_plan = TestAuthority::authority_plan("Old Root");
  old_plan.not_after = TestAuthority::now - std::chrono::hours(1);
  const auto old_root = maker.make(old_plan, nullptr);
  ports::CertificatePlan cross_plan = TestAuthority::authority_plan("Test Root");
  cross_plan.key_of = &maker.root;
  const auto cross = maker.make(cross_plan, &old_root);
  const auto leaf = maker.leaf(TestAuthority::leaf_plan("host.example"));
  const std::vector<ports::Der> chain{leaf.der, cross.der, maker.intermediate.der};
  options.roots = {old_root.der, maker.root.der};
  EXPECT_TRUE(judge(ask_about(chain)).trusted);
  options.roots = {old_root.der};
  EXPECT_THAT(faults_in(judge(ask_about(chain))), testing::ElementsAre(TrustFault::expired));
}

TEST_F(Evaluations, trust_a_self_signed_certificate_that_was_given) {
  const auto own = maker.make(TestAuthority::leaf_plan("host.example"), nullptr);
  EXPECT_THAT(faults_in(judge(ask_about({own.der}))),
              testing::ElementsAre(TrustFault::self_signed));
  options.roots = {own.der};
  EXPECT_TRUE(judge(ask_about({own.der})).trusted);
  ports::TlsQuestion other = ask_about({own.der});
  other.peer_name = "other.example";
  EXPECT_THAT(faults_in(judge(other)), testing::ElementsAre(TrustFault::name_mismatch));
}

TEST_F(Evaluations, compare_bare_keys) {
  const ports::Der key(91, std::byte{7});
  ports::TlsQuestion question = ask_about({key});
  question.is_raw_key = true;
  EXPECT_THAT(faults_in(judge(question)), testing::ElementsAre(TrustFault::wrong_key));
  options.keys = {maker.library->digest(key)};
  EXPECT_TRUE(judge(question).trusted);
  question.chain = {ports::Der(91, std::byte{8})};
  EXPECT_THAT(faults_in(judge(question)), testing::ElementsAre(TrustFault::wrong_key));
}

TEST_F(Evaluations, trust_a_certificate_with_an_expected_key_whatever_it_says) {
  ports::CertificatePlan plan = TestAuthority::plan("device");
  plan.not_after = TestAuthority::now - std::chrono::hours(1);
  const auto device = maker.make(plan, nullptr);
  options.keys = {maker.library->describe(device.der, {}).value().key_digest()};
  EXPECT_TRUE(judge(ask_about({device.der})).trusted);
  const auto other = maker.make(plan, nullptr);
  EXPECT_THAT(faults_in(judge(ask_about({other.der}))),
              testing::ElementsAre(TrustFault::wrong_key));
  options.roots = {maker.root.der};
  const auto leaf = maker.leaf(TestAuthority::leaf_plan("host.example"));
  EXPECT_TRUE(judge(ask_about(maker.chain_of(leaf))).trusted);
}

TEST_F(Evaluations, judge_clients_by_their_own_purpose) {
  options.roots = {maker.root.der};
  ports::CertificatePlan plan = TestAuthority::plan("somebody");
  plan.purposes = {TestAuthority::for_clients};
  ports::TlsQuestion question = ask_about(maker.chain_of(maker.leaf(plan)));
  question.peer_is_server = false;
  question.peer_name.clear();
  EXPECT_TRUE(judge(question).trusted) << judge(question).sentence;
  question.chain = maker.chain_of(maker.leaf(TestAuthority::leaf_plan("host.example")));
  EXPECT_THAT(faults_in(judge(question)), testing::ElementsAre(TrustFault::wrong_purpose));
  question.chain.clear();
  EXPECT_THAT(faults_in(judge(question)), testing::ElementsAre(TrustFault::no_certificate));
  options.anonymous_clients = true;
  EXPECT_TRUE(judge(question).trusted);
  question.peer_is_server = true;
  EXPECT_FALSE(judge(question).trusted);
}

TEST_F(Evaluations, need_a_name_of_servers_unless_told_otherwise) {
  options.roots = {maker.root.der};
  ports::TlsQuestion question =
      ask_about(maker.chain_of(maker.leaf(TestAuthority::leaf_plan("host.example"))));
  question.peer_name.clear();
  EXPECT_THAT(faults_in(judge(question)), testing::ElementsAre(TrustFault::name_mismatch));
  options.any_name = true;
  EXPECT_TRUE(judge(question).trusted);
}

TEST_F(Evaluations, without_checks_still_tell_what_is_wrong) {
  options.accept_anybody = true;
  const auto facts = judge(ask_about({maker.make(TestAuthority::plan("x"), nullptr).der}));
  EXPECT_TRUE(facts.trusted);
  EXPECT_THAT(faults_in(facts), testing::Contains(TrustFault::self_signed));
  EXPECT_THAT(facts.sentence, testing::StartsWith("trusted without any check: "));
}

// Threats 20, 89 and 92: whatever may judge differently has another identity.
TEST_F(Evaluations, of_different_options_have_different_identities) {
  using Change = void (*)(TrustOptions&);
  const Change changes[] = {
      [](TrustOptions&) {},
      [](TrustOptions& o) { o.roots = {ports::Der(1)}; },
      [](TrustOptions& o) { o.roots = {ports::Der(1), ports::Der(1)}; },
      [](TrustOptions& o) { o.roots = {ports::Der(2)}; },
      [](TrustOptions& o) { o.keys = {Certificate::Digest{}}; },
      [](TrustOptions& o) { o.pins = {{.domain = {}, .keys = {Certificate::Digest{}}}}; },
      [](TrustOptions& o) {
        o.pins = {{.domain = {}, .keys = {}, .backups = {Certificate::Digest{}}}};
      },
      [](TrustOptions& o) { o.pins = {{.domain = "a"}}; },
      [](TrustOptions& o) { o.pins = {{.domain = "a", .with_subdomains = true}}; },
      [](TrustOptions& o) { o.pins = {{.domain = "a", .report_only = true}}; },
      [](TrustOptions& o) { o.distribution_roots_only = true; },
      [](TrustOptions& o) { o.names.service = "a"; },
      [](TrustOptions& o) { o.names.uri_scheme = "a"; },
      [](TrustOptions& o) { o.names.use_common_name = true; },
      [](TrustOptions& o) { o.policy.protocol = core::ProtocolFloor::tls_1_3; },
      [](TrustOptions& o) { o.policy.needs_forward_secrecy = false; },
      [](TrustOptions& o) { o.policy.keys.rsa_bits_min = 3072; },
      [](TrustOptions& o) { o.policy.keys.curve_bits_min = 384; },
      [](TrustOptions& o) { o.policy.allows_plain_text = true; },
      [](TrustOptions& o) { o.policy.exceptions = {{.domain = "a"}}; },
      [](TrustOptions& o) { o.policy.exceptions = {{.domain = "a", .keys = core::KeyFloor{}}}; },
      [](TrustOptions& o) { o.policy.exceptions = {{.domain = "a", .plain_text = true}}; },
      [](TrustOptions& o) { o.limits.certificates_max = 5; },
      [](TrustOptions& o) { o.any_name = true; },
      [](TrustOptions& o) { o.anonymous_clients = true; },
      [](TrustOptions& o) { o.accept_anybody = true; },
  };
  std::set<std::string> identities;
  for (const Change change : changes) {
    TrustOptions changed = options;
    change(changed);
    const std::string identity = Evaluation(*maker.library, nullptr, changed).identity();
    EXPECT_EQ(identity, Evaluation(*maker.library, nullptr, changed).identity());
    identities.insert(identity);
  }
  EXPECT_EQ(identities.size(), std::size(changes));
}

}  // namespace
}  // namespace bowline::drive
