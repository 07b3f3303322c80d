#pragma once

#include <bowline/result.h>
#include <bowline/trust.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "drive/loop/loop.h"
#include "drive/secure/trust/evaluation.h"
#include "ports/tls_engine.h"
#include "ports/tls_verifier.h"

namespace bowline::drive {

struct OpenQuestion;

/// A question to the program about one peer, which may be answered at any later time on the loop's thread.
/// Dropping it refuses the peer; an answer for a session that is gone does nothing.
class TrustDecision {
 public:
  explicit TrustDecision(std::shared_ptr<OpenQuestion> question);
  TrustDecision(TrustDecision&&) noexcept = default;
  TrustDecision& operator=(TrustDecision&& other) noexcept;
  ~TrustDecision();

  /// What our own check found.
  [[nodiscard]] const TrustReport& report() const;
  [[nodiscard]] const std::string& peer_name() const;
  [[nodiscard]] bool is_resumed() const;
  // The first answer counts.
  void accept();
  /// `why` is told to the user: a sentence.
  void refuse(std::string why);

 private:
  void answer(bool trusted, std::string why);

  std::shared_ptr<OpenQuestion> question_;  // null once moved from
};

struct VerifierOptions : TrustOptions {
  /// Asked about each peer, resumed ones too.
  std::function<void(TrustDecision)> ask;
  /// Ask about those too that our own check refuses; then the answer alone decides. Without this the program
  /// can only be stricter.
  bool ask_about_refused = false;
};

/// Told when a question that stood open was answered and the session has its verdict: there may be output.
class VerdictWatcher {
 public:
  virtual void handle_verdict(ports::TlsSession& session) = 0;

 protected:
  ~VerdictWatcher() = default;
};

/// Decides whom to trust, for every transport of a loop; one may serve any number of sessions at once.
///
/// lifetime  of questions that the program answers later: they may outlive it, and do nothing then
/// thread    its loop's
class Verifier final : public ports::TlsVerifier, private Deferred {
 public:
  /// `library` outlives it, and so does `loop`.
  Verifier(Loop& loop, const ports::CertificateLibrary& library, VerifierOptions options);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier() override;

  [[nodiscard]] std::optional<ports::TlsVerdict> verify(ports::TlsSession& session,
                                                        const ports::TlsQuestion& question,
                                                        ports::WallTime now) override;
  void forget(ports::TlsSession& session) override;

  /// Whether the peer would be trusted now, as far as that can be told without asking the program.
  [[nodiscard]] bool would_trust(const ports::TlsQuestion& question, ports::WallTime now) {
    return !ask_ && evaluation_.evaluate(question, now).trusted;
  }

  /// For the owner of a session that is `verifying`, until the verdict or forget().
  void watch(ports::TlsSession& session, VerdictWatcher& watcher);
  /// Why the peer of this session was trusted, or why not: once, after the verdict. Take it before the next
  /// session is made: reports that nobody takes are dropped when there are thousands of them.
  [[nodiscard]] TrustReport take_report(const ports::TlsSession& session);

  /// Whether what the handshake agreed on is enough for the policy: to be asked when a session has opened,
  /// resumed ones too. The exceptions that were made use of are added to `exceptions`.
  ///
  /// errors    untrusted, domain policy
  [[nodiscard]] Result<void> check_agreed(std::string_view peer_name, const ports::TlsFacts& agreed,
                                          std::vector<std::string>& exceptions) const;

  /// Differs between any two verifiers that might judge a peer differently: a part of every key under which
  /// sessions, tickets or connections are shared (curl's CVE-2026-8932 was such a key that lacked it). One
  /// with a callback shares with nobody. It changes when the system's roots do.
  [[nodiscard]] std::string identity();

 private:
  friend class TrustDecision;
  [[nodiscard]] std::optional<ports::TlsVerdict> ask(ports::TlsSession& session,
                                                     const ports::TlsQuestion& question,
                                                     TrustReport::Facts facts);
  [[nodiscard]] ports::TlsVerdict conclude(const ports::TlsSession& session,
                                           TrustReport::Facts facts, std::string_view peer_name);
  void handle_answer(std::shared_ptr<OpenQuestion> question);
  void handle_turn_end() override;
  void deliver(OpenQuestion& question);

  Loop& loop_;
  Evaluation evaluation_;
  std::function<void(TrustDecision)> ask_;
  bool ask_about_refused_;
  std::string own_identity_;  // of this one with its callback; empty without
  std::unordered_map<const ports::TlsSession*, std::shared_ptr<OpenQuestion>> open_;
  std::vector<std::shared_ptr<OpenQuestion>> answered_;  // to be delivered
  std::unordered_map<const ports::TlsSession*, TrustReport> reports_;
};

/// The verdict for a session; `peer_name` may be empty.
[[nodiscard]] ports::TlsVerdict verdict_of(const TrustReport::Facts& facts,
                                           std::string_view peer_name);

}  // namespace bowline::drive
