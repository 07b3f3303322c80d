#include "drive/secure/trust/verifier.h"

#include <array>
#include <utility>

#include "base/base64.h"
#include "core/trust/policy.h"

namespace bowline::drive {

namespace {

SystemRoots* roots_for(Loop& loop, const TrustOptions& options) {
  return options.use_system_roots ? &loop.service<SystemRootsOfLoop>().roots() : nullptr;
}

std::string make_identity(Loop& loop) {
  std::array<std::byte, 16> octets;
  loop.host().random().fill(octets);
  return to_base64(octets);
}

std::uint8_t alert_for(TrustFault fault);

/// Of sessions whose owners never ask.
constexpr std::size_t reports_max = 4096;

}  // namespace

/// What is shared by the decision that the program holds and the verifier that waits for it.
struct OpenQuestion {
  Verifier* verifier = nullptr;  // null once nobody waits
  ports::TlsSession* session = nullptr;
  VerdictWatcher* watcher = nullptr;
  TrustReport::Facts facts;
  TrustReport report;
  std::string peer_name;
  bool is_resumed = false;
  bool is_asking = true;  // the callback is running
  bool is_answered = false;
};

TrustDecision::TrustDecision(std::shared_ptr<OpenQuestion> question)
    : question_(std::move(question)) {}

TrustDecision& TrustDecision::operator=(TrustDecision&& other) noexcept {
  if (this != &other) {
    if (question_) refuse("the question was dropped");
    question_ = std::move(other.question_);
  }
  return *this;
}

TrustDecision::~TrustDecision() {
  if (question_) refuse("the program dropped the question");
}

const TrustReport& TrustDecision::report() const { return question_->report; }
const std::string& TrustDecision::peer_name() const { return question_->peer_name; }
bool TrustDecision::is_resumed() const { return question_->is_resumed; }
void TrustDecision::accept() { answer(true, {}); }
void TrustDecision::refuse(std::string why) { answer(false, std::move(why)); }

void TrustDecision::answer(bool trusted, std::string why) {
  const std::shared_ptr<OpenQuestion> question = question_;
  if (!question || std::exchange(question->is_answered, true)) return;
  TrustReport::Facts& facts = question->facts;
  if (!trusted) {
    auto chain = std::move(facts.chain);
    const auto origin = facts.root_origin;
    std::vector<TrustProblem> problems = std::move(facts.problems);
    problems.push_back({TrustFault::program_refused, std::nullopt,
                        why.empty() ? "the program refused this peer" : std::move(why)});
    facts = core::refuse(std::move(problems));
    facts.chain = std::move(chain);
    facts.root_origin = origin;
  } else if (!facts.trusted) {
    facts.trusted = true;
    facts.sentence = "trusted because the program says so: " + facts.sentence;
  }
  if (question->verifier != nullptr && !question->is_asking)
    question->verifier->handle_answer(question);
}

Verifier::Verifier(Loop& loop, const ports::CertificateLibrary& library, VerifierOptions options)
    : loop_(loop),
      evaluation_(library, roots_for(loop, options), static_cast<TrustOptions&>(options)),
      ask_(std::move(options.ask)),
      ask_about_refused_(options.ask_about_refused) {
  if (ask_) own_identity_ = make_identity(loop);
}

Verifier::~Verifier() {
  for (const auto& [session, question] : open_) question->verifier = nullptr;
}

std::optional<ports::TlsVerdict> Verifier::verify(ports::TlsSession& session,
                                                  const ports::TlsQuestion& question,
                                                  ports::WallTime now) {
  forget(session);
  TrustReport::Facts facts = evaluation_.evaluate(question, now);
  if (ask_ && (facts.trusted || ask_about_refused_))
    return ask(session, question, std::move(facts));
  return conclude(session, std::move(facts), question.peer_name);
}

std::optional<ports::TlsVerdict> Verifier::ask(ports::TlsSession& session,
                                               const ports::TlsQuestion& question,
                                               TrustReport::Facts facts) {
  const auto open = std::make_shared<OpenQuestion>();
  open->verifier = this;
  open->session = &session;
  open->facts = facts;
  open->report = TrustReport(std::move(facts));
  open->peer_name = question.peer_name;
  open->is_resumed = question.is_resumed;
  ask_(TrustDecision(open));
  open->is_asking = false;
  if (!open->is_answered) {
    open_.insert_or_assign(&session, open);
    return std::nullopt;
  }
  return conclude(session, std::move(open->facts), open->peer_name);
}

ports::TlsVerdict Verifier::conclude(const ports::TlsSession& session, TrustReport::Facts facts,
                                     std::string_view peer_name) {
  if (reports_.size() >= reports_max) reports_.clear();
  ports::TlsVerdict verdict = verdict_of(facts, peer_name);
  reports_.insert_or_assign(&session, TrustReport(std::move(facts)));
  return verdict;
}

void Verifier::forget(ports::TlsSession& session) {
  reports_.erase(&session);
  if (const auto found = open_.find(&session); found != open_.end()) {
    found->second->verifier = nullptr;
    open_.erase(found);
  }
}

void Verifier::watch(ports::TlsSession& session, VerdictWatcher& watcher) {
  if (const auto found = open_.find(&session); found != open_.end())
    found->second->watcher = &watcher;
}

TrustReport Verifier::take_report(const ports::TlsSession& session) {
  const auto found = reports_.find(&session);
  if (found == reports_.end()) return {};
  TrustReport report = std::move(found->second);
  reports_.erase(found);
  return report;
}

/// The program answers from code of its own; the session goes on at the end of the turn, not inside of it.
void Verifier::handle_answer(std::shared_ptr<OpenQuestion> question) {
  answered_.push_back(std::move(question));
  loop_.defer(*this);
}

void Verifier::handle_turn_end() {
  for (const auto& question : std::exchange(answered_, {}))
    if (question->verifier != nullptr) deliver(*question);
}

void Verifier::deliver(OpenQuestion& question) {
  ports::TlsSession& session = *question.session;
  VerdictWatcher* const watcher = question.watcher;
  ports::TlsVerdict verdict = conclude(session, std::move(question.facts), question.peer_name);
  question.verifier = nullptr;
  open_.erase(&session);
  session.take_verdict(std::move(verdict), loop_.now());
  if (watcher != nullptr) watcher->handle_verdict(session);
}

Result<void> Verifier::check_agreed(std::string_view peer_name, const ports::TlsFacts& agreed,
                                    std::vector<std::string>& exceptions) const {
  std::optional<core::ReferenceName> name;
  if (const auto read = core::read_reference_name(peer_name); read.has_value()) name = *read;
  core::AgreedSecurity security;
  security.protocol = agreed.version == ports::TlsVersion::tls_1_3 ? core::ProtocolFloor::tls_1_3
                                                                   : core::ProtocolFloor::tls_1_2;
  auto outcome = core::check_agreed(evaluation_.options().policy, name, security);
  if (outcome.problem)
    return Error(ErrorKind::untrusted, ErrorDomain::policy, 0, "check policy",
                 std::move(outcome.problem->sentence))
        .about(std::string(peer_name));
  for (std::string& exception : outcome.exceptions) exceptions.push_back(std::move(exception));
  return {};
}

std::string Verifier::identity() { return own_identity_ + evaluation_.identity(); }

ports::TlsVerdict verdict_of(const TrustReport::Facts& facts, std::string_view peer_name) {
  ports::TlsVerdict verdict;
  verdict.trusted = facts.trusted;
  if (facts.trusted) return verdict;
  verdict.alert = facts.problems.empty() ? verdict.alert : alert_for(facts.problems.front().fault);
  verdict.reason = Error(ErrorKind::untrusted, ErrorDomain::tls, verdict.alert, "check certificate",
                         facts.sentence)
                       .about(std::string(peer_name));
  return verdict;
}

namespace {

/// RFC 8446 section 6.2. There is none for a wrong name, and we do not tell strangers of our policy.
std::uint8_t alert_for(TrustFault fault) {
  constexpr std::uint8_t bad_certificate = 42;
  constexpr std::uint8_t unsupported_certificate = 43;
  constexpr std::uint8_t certificate_revoked = 44;
  constexpr std::uint8_t certificate_expired = 45;
  constexpr std::uint8_t certificate_unknown = 46;
  constexpr std::uint8_t unknown_ca = 48;
  constexpr std::uint8_t bad_certificate_status_response = 113;
  constexpr std::uint8_t certificate_required = 116;
  switch (fault) {
    case TrustFault::no_certificate: return certificate_required;
    case TrustFault::revoked: return certificate_revoked;
    case TrustFault::expired:
    case TrustFault::not_yet_valid: return certificate_expired;
    case TrustFault::unknown_authority:
    case TrustFault::self_signed:
    case TrustFault::root_not_accepted:
    case TrustFault::roots_unavailable: return unknown_ca;
    case TrustFault::wrong_purpose:
    case TrustFault::weak_key:
    case TrustFault::oversized_key:
    case TrustFault::weak_signature:
    case TrustFault::unknown_critical:
    case TrustFault::unsupported: return unsupported_certificate;
    case TrustFault::staple_missing:
    case TrustFault::staple_invalid:
    case TrustFault::staple_expired: return bad_certificate_status_response;
    case TrustFault::wrong_key:
    case TrustFault::pin_mismatch:
    case TrustFault::policy_refused:
    case TrustFault::program_refused: return certificate_unknown;
    case TrustFault::malformed:
    case TrustFault::too_large:
    case TrustFault::name_mismatch:
    case TrustFault::no_names:
    case TrustFault::malformed_name:
    case TrustFault::authority_as_peer:
    case TrustFault::name_not_permitted:
    case TrustFault::not_an_authority:
    case TrustFault::path_too_long:
    case TrustFault::bad_signature: return bad_certificate;
  }
  return bad_certificate;
}

}  // namespace

}  // namespace bowline::drive
