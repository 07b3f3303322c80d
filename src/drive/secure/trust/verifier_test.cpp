#include "drive/secure/trust/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drive/datagram/port_scene.h"
#include "drive/secure/trust/trust_bench.h"

namespace bowline::drive {
namespace {

/// A session that stands still until it is told a verdict.
class WaitingSession final : public ports::TlsSession {
 public:
  void take_verdict(ports::TlsVerdict verdict, Instant) override {
    verdicts.push_back(std::move(verdict));
  }

  void start(Instant) override {}
  Result<std::size_t> take_ciphertext(std::span<const std::byte>, Instant) override { return 0U; }
  std::size_t give_ciphertext(std::span<std::byte>) override { return 0; }
  bool has_ciphertext() const override { return false; }
  Result<void> take_end() override { return {}; }
  Result<std::size_t> read_plaintext(std::span<std::byte>) override { return 0U; }
  Result<ports::TlsTransfer> write_plaintext(std::span<const std::byte>,
                                             std::span<std::byte>) override {
    return ports::TlsTransfer{};
  }
  std::size_t ciphertext_bytes_max(std::size_t) const override { return 0; }
  Result<std::size_t> read_early_data(std::span<std::byte>) override { return 0U; }
  void end() override {}
  void fail(Error, std::uint8_t) override {}
  Result<void> update_keys(bool) override { return {}; }
  Result<void> take_crypto(ports::TlsLevel, std::span<const std::byte>, Instant) override {
    return {};
  }
  std::size_t give_crypto(ports::TlsLevel&, std::span<std::byte>) override { return 0; }
  std::optional<ports::TlsSecret> poll_secret() override { return {}; }
  std::optional<std::span<const std::byte>> peer_quic_parameters() const override { return {}; }
  std::optional<Instant> deadline() const override { return {}; }
  void handle_timeout(Instant) override {}
  void set_datagram_bytes_max(std::size_t) override {}
  ports::TlsState state() const override { return ports::TlsState::verifying; }
  const Error* error() const override { return nullptr; }
  std::optional<std::uint8_t> peer_alert() const override { return {}; }
  const ports::TlsFacts& facts() const override { return facts_; }
  std::optional<ports::TlsTicket> poll_ticket() override { return {}; }
  Result<std::vector<std::byte>> export_key(std::string_view, std::span<const std::byte>,
                                            std::size_t) const override {
    return std::vector<std::byte>();
  }

  std::vector<ports::TlsVerdict> verdicts;

 private:
  ports::TlsFacts facts_;
};

class CountingWatcher final : public VerdictWatcher {
 public:
  void handle_verdict(ports::TlsSession&) override { ++verdicts; }
  int verdicts = 0;
};

class Verifiers : public testing::Test {
 protected:
  Verifiers() : loop(new Loop(std::make_unique<ScriptedHost>(script))) {
    options.use_system_roots = false;
    options.roots = {maker.root.der};
    question.chain = maker.chain_of(maker.leaf(TestAuthority::leaf_plan("host.example")));
    question.peer_name = "host.example";
  }
  ~Verifiers() override {
    kept.reset();
    loop->shut_down();
  }
  [[nodiscard]] std::optional<ports::TlsVerdict> verify(Verifier& verifier) {
    return verifier.verify(session, question, TestAuthority::now);
  }
  void keep_questions() {
    options.ask = [this](TrustDecision decision) { kept.emplace(std::move(decision)); };
  }

  SocketScript script;
  TestAuthority maker;
  detail::Ref<Loop> loop;
  VerifierOptions options;
  ports::TlsQuestion question;
  WaitingSession session;
  CountingWatcher watcher;
  std::optional<TrustDecision> kept;
};

TEST_F(Verifiers, answer_at_once_and_keep_the_reason) {
  Verifier verifier(*loop, *maker.library, options);
  const auto verdict = verify(verifier);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->trusted);
  EXPECT_FALSE(verdict->reason);
  const TrustReport report = verifier.take_report(session);
  EXPECT_TRUE(report.is_trusted());
  EXPECT_EQ(report.chain().size(), 3U);
  EXPECT_EQ(verifier.take_report(session).sentence(), "");
}

TEST_F(Verifiers, refuse_with_an_error_that_says_why) {
  Verifier verifier(*loop, *maker.library, options);
  question.peer_name = "other.example";
  const auto verdict = verify(verifier);
  ASSERT_TRUE(verdict && verdict->reason);
  EXPECT_FALSE(verdict->trusted);
  EXPECT_EQ(verdict->reason->kind(), ErrorKind::untrusted);
  EXPECT_EQ(verdict->reason->subject(), "other.example");
  EXPECT_EQ(verdict->reason->message(),
            "the certificate is for host.example, not for other.example");
  EXPECT_EQ(verifier.take_report(session).problems().size(), 1U);
}

TEST_F(Verifiers, send_the_alert_that_fits) {
  Verifier verifier(*loop, *maker.library, options);
  const auto alert_for = [&](const ports::CertificatePlan& plan) {
    question.chain = maker.chain_of(maker.leaf(plan));
    return verify(verifier)->alert;
  };
  ports::CertificatePlan plan = TestAuthority::leaf_plan("host.example");
  plan.not_after = TestAuthority::now - std::chrono::hours(1);
  EXPECT_EQ(alert_for(plan), 45);  // certificate_expired
  plan = TestAuthority::leaf_plan("host.example");
  plan.must_staple = true;
  EXPECT_EQ(alert_for(plan), 113);  // bad_certificate_status_response
  question.chain = {maker.make(TestAuthority::leaf_plan("host.example"), nullptr).der};
  EXPECT_EQ(verify(verifier)->alert, 48);  // unknown_ca
}

TEST_F(Verifiers, without_files_trust_nobody) {
  options.use_system_roots = true;
  options.roots.clear();
  Verifier verifier(*loop, *maker.library, options);
  EXPECT_FALSE(verify(verifier)->trusted);
}

TEST_F(Verifiers, let_the_program_refuse_at_once) {
  options.ask = [](TrustDecision decision) {
    EXPECT_TRUE(decision.report().is_trusted());
    EXPECT_EQ(decision.peer_name(), "host.example");
    decision.refuse("we do not like it");
  };
  Verifier verifier(*loop, *maker.library, options);
  const auto verdict = verify(verifier);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->reason->message(), "we do not like it");
  EXPECT_EQ(verifier.take_report(session).problems()[0].fault, TrustFault::program_refused);
}

TEST_F(Verifiers, let_the_program_answer_later) {
  keep_questions();
  Verifier verifier(*loop, *maker.library, options);
  EXPECT_FALSE(verify(verifier));
  verifier.watch(session, watcher);
  kept->accept();
  EXPECT_TRUE(session.verdicts.empty());  // not inside of the program's call
  static_cast<void>(loop->run_ready());
  ASSERT_EQ(session.verdicts.size(), 1U);
  EXPECT_TRUE(session.verdicts[0].trusted);
  EXPECT_EQ(watcher.verdicts, 1);
  EXPECT_TRUE(verifier.take_report(session).is_trusted());
  kept->refuse("too late");
  static_cast<void>(loop->run_ready());
  EXPECT_EQ(session.verdicts.size(), 1U);
}

TEST_F(Verifiers, take_a_dropped_question_for_a_refusal) {
  keep_questions();
  Verifier verifier(*loop, *maker.library, options);
  EXPECT_FALSE(verify(verifier));
  kept.reset();
  static_cast<void>(loop->run_ready());
  ASSERT_EQ(session.verdicts.size(), 1U);
  EXPECT_FALSE(session.verdicts[0].trusted);
}

TEST_F(Verifiers, do_nothing_for_a_session_that_is_gone) {
  keep_questions();
  Verifier verifier(*loop, *maker.library, options);
  EXPECT_FALSE(verify(verifier));
  verifier.watch(session, watcher);
  verifier.forget(session);
  kept->accept();
  static_cast<void>(loop->run_ready());
  EXPECT_TRUE(session.verdicts.empty());
  // And between the answer and the end of the turn.
  EXPECT_FALSE(verify(verifier));
  kept->accept();
  verifier.forget(session);
  static_cast<void>(loop->run_ready());
  EXPECT_TRUE(session.verdicts.empty());
  EXPECT_EQ(watcher.verdicts, 0);
}

TEST_F(Verifiers, may_go_before_their_questions_are_answered) {
  keep_questions();
  {
    Verifier verifier(*loop, *maker.library, options);
    EXPECT_FALSE(verify(verifier));
  }
  kept->accept();
  {
    Verifier verifier(*loop, *maker.library, options);
    EXPECT_FALSE(verify(verifier));
    kept->accept();
  }
  static_cast<void>(loop->run_ready());
  EXPECT_TRUE(session.verdicts.empty());
}

TEST_F(Verifiers, ask_about_the_refused_only_if_told_to) {
  int asked = 0;
  options.ask = [&](TrustDecision decision) {
    ++asked;
    decision.accept();
  };
  question.peer_name = "other.example";
  Verifier strict(*loop, *maker.library, options);
  EXPECT_FALSE(verify(strict)->trusted);
  EXPECT_EQ(asked, 0);
  options.ask_about_refused = true;
  Verifier lenient(*loop, *maker.library, options);
  EXPECT_TRUE(verify(lenient)->trusted);
  EXPECT_EQ(asked, 1);
  const TrustReport report = lenient.take_report(session);
  EXPECT_THAT(report.sentence(), testing::StartsWith("trusted because the program says so: "));
  EXPECT_EQ(report.problems()[0].fault, TrustFault::name_mismatch);
}

TEST_F(Verifiers, judge_a_resumed_session_as_of_now) {
  Verifier verifier(*loop, *maker.library, options);
  question.is_resumed = true;
  EXPECT_TRUE(verify(verifier)->trusted);
  EXPECT_FALSE(
      verifier.verify(session, question, TestAuthority::now + 2 * TestAuthority::year)->trusted);
  options.roots = {maker.make(TestAuthority::authority_plan("Another"), nullptr).der};
  Verifier other(*loop, *maker.library, options);
  EXPECT_FALSE(verify(other)->trusted);
}

TEST_F(Verifiers, hold_the_policy_against_what_was_agreed) {
  options.policy.protocol = core::ProtocolFloor::tls_1_3;
  options.policy.exceptions = {
      {.domain = "old.example", .reason = "a printer", .protocol = core::ProtocolFloor::tls_1_2}};
  const Verifier verifier(*loop, *maker.library, options);
  ports::TlsFacts agreed;
  agreed.version = ports::TlsVersion::tls_1_2;
  std::vector<std::string> exceptions;
  const auto refused = verifier.check_agreed("host.example", agreed, exceptions);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().domain(), ErrorDomain::policy);
  EXPECT_TRUE(verifier.check_agreed("old.example", agreed, exceptions).has_value());
  EXPECT_THAT(exceptions, testing::ElementsAre("old.example: TLS 1.2 (a printer)"));
}

TEST_F(Verifiers, that_ask_share_with_nobody) {
  Verifier one(*loop, *maker.library, options);
  Verifier same(*loop, *maker.library, options);
  EXPECT_EQ(one.identity(), same.identity());
  keep_questions();
  Verifier asking(*loop, *maker.library, options);
  Verifier asking_too(*loop, *maker.library, options);
  EXPECT_NE(asking.identity(), one.identity());
  EXPECT_NE(asking.identity(), asking_too.identity());
  EXPECT_EQ(asking.identity(), asking.identity());
}

TEST_F(Verifiers, keep_a_bounded_number_of_reports_that_nobody_takes) {
  Verifier verifier(*loop, *maker.library, options);
  question.chain.clear();  // quick to judge
  std::vector<std::unique_ptr<WaitingSession>> sessions;
  for (int i = 0; i < 5000; ++i) {
    sessions.push_back(std::make_unique<WaitingSession>());
    static_cast<void>(verifier.verify(*sessions.back(), question, TestAuthority::now));
  }
  std::size_t reports = 0;
  for (const auto& one : sessions) reports += verifier.take_report(*one).problems().empty() ? 0 : 1;
  EXPECT_LE(reports, 4096U);
  EXPECT_GE(reports, 1U);
}

}  // namespace
}  // namespace bowline::drive
