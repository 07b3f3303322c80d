#include "drive/secure/trust/evaluation.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/bytes.h"
#include "base/escape.h"

namespace bowline::drive {

namespace {

TrustReport::Facts refused(TrustFault fault, std::string sentence) {
  return core::refuse({{fault, std::nullopt, std::move(sentence)}});
}

/// Fewer problems are better, and a way that reaches a root tells more than one that does not.
bool is_better(const TrustReport::Facts& a, const TrustReport::Facts& b) {
  if (a.trusted != b.trusted) return a.trusted;
  if (a.root_origin.has_value() != b.root_origin.has_value()) return a.root_origin.has_value();
  return a.problems.size() < b.problems.size();
}

/// Writes values one behind the other so that no two different lists give the same text.
class IdentityText {
 public:
  void add(std::string_view text) {
    text_ += std::to_string(text.size()) + ":";
    text_ += text;
  }
  void add(std::size_t number) { add(std::string_view(std::to_string(number))); }
  void add(const Certificate::Digest& digest) { add(as_text(digest)); }
  void add(const std::vector<Certificate::Digest>& digests) {
    add(digests.size());
    for (const Certificate::Digest& digest : digests) add(digest);
  }
  void add(const core::KeyFloor& keys) {
    add(keys.rsa_bits_min);
    add(keys.curve_bits_min);
  }
  void add(const core::Pins& pins) {
    add(pins.domain);
    add(pins.with_subdomains);
    add(pins.keys);
    add(pins.backups);
    add(pins.report_only);
  }
  void add(const core::PolicyException& one) {
    add(one.domain);
    add(one.with_subdomains);
    add(one.plain_text);
    add(one.without_forward_secrecy);
    add(one.protocol ? std::to_underlying(*one.protocol) + std::size_t{1} : 0);
    add(one.keys.has_value());
    add(one.keys.value_or(core::KeyFloor{}));
  }
  void add(const core::SecurityPolicy& policy) {
    add(std::to_underlying(policy.protocol));
    add(policy.needs_forward_secrecy);
    add(policy.keys);
    add(policy.allows_plain_text);
    add(policy.exceptions.size());
    for (const core::PolicyException& one : policy.exceptions) add(one);
  }
  void add(const ports::CertificateLimits& limits) {
    for (const std::size_t limit :
         {limits.certificates_max, limits.certificate_bytes_max, limits.chain_bytes_max,
          limits.names_max, limits.rsa_bits_max, limits.exponent_bits_max, limits.paths_max,
          limits.links_max, limits.staple_bytes_max})
      add(limit);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What differs between options that might judge the same peer differently.
std::string identity_of(const ports::CertificateLibrary& library, const TrustOptions& options) {
  IdentityText text;
  text.add(options.use_system_roots);
  text.add(options.distribution_roots_only);
  text.add(options.roots.size());
  for (const ports::Der& root : options.roots) text.add(as_text(root));
  text.add(options.keys);
  text.add(options.pins.size());
  for (const core::Pins& pins : options.pins) text.add(pins);
  text.add(options.names.service);
  text.add(options.names.uri_scheme);
  text.add(options.names.use_common_name);
  text.add(options.policy);
  text.add(options.limits);
  text.add(options.any_name);
  text.add(options.anonymous_clients);
  text.add(options.accept_anybody);
  return to_pin(library.digest(as_bytes(text.text())));
}

}  // namespace

Evaluation::Evaluation(const ports::CertificateLibrary& library, SystemRoots* system_roots,
                       TrustOptions options)
    : library_(library), system_roots_(system_roots), options_(std::move(options)) {
  assert(system_roots_ != nullptr || !options_.use_system_roots);
  if (!options_.roots.empty()) own_roots_ = library_.make_roots(options_.roots);
  options_identity_ = identity_of(library_, options_);
}

TrustReport::Facts Evaluation::evaluate(const ports::TlsQuestion& question, ports::WallTime now) {
  const Certificate::Digest roots = roots_identity();
  if (const TrustReport::Facts* const kept = kept_.find(question, roots, now)) return *kept;
  TrustReport::Facts facts = judge_all(question, now);
  if (facts.trusted) kept_.keep(question, roots, facts, now);
  if (facts.trusted || !options_.accept_anybody) return facts;
  facts.trusted = true;
  facts.exceptions.emplace_back("trust_anybody: what is wrong with this peer does not count");
  facts.sentence = "trusted without any check: " + facts.sentence;
  return facts;
}

TrustReport::Facts Evaluation::judge_all(const ports::TlsQuestion& question, ports::WallTime now) {
  if (question.chain.empty()) {
    if (question.peer_is_server || !options_.anonymous_clients)
      return refused(TrustFault::no_certificate, "the peer sent no certificate");
    TrustReport::Facts facts;
    facts.trusted = true;
    facts.sentence = "a client without a certificate, which is allowed";
    return facts;
  }
  if (auto by_key = judge_key(question)) return *std::move(by_key);
  const auto rules = rules_for(question);
  if (!rules.has_value())
    return refused(TrustFault::name_mismatch, "no certificate can be for '" +
                                                  escape(question.peer_name, 256) +
                                                  "': " + rules.error().message());
  return judge_chain(question, *rules, now);
}

/// What expected keys decide: everything about a bare key; of a certificate only that it is trusted.
std::optional<TrustReport::Facts> Evaluation::judge_key(const ports::TlsQuestion& question) {
  TrustReport::Facts facts;
  if (question.is_raw_key) {
    const Certificate::Digest key = library_.digest(question.chain.front());
    if (question.chain.size() != 1 || !is_expected(key))
      return refused(TrustFault::wrong_key,
                     "the peer's key sha256/" + to_pin(key) + " is none of those expected");
    facts.trusted = true;
    facts.sentence = "trusted: its bare key is one that this program expects";
    return facts;
  }
  if (options_.keys.empty()) return std::nullopt;
  auto leaf = library_.describe(question.chain.front(), options_.limits);
  if (!leaf.has_value() || !is_expected(leaf->key_digest())) {
    if (own_roots_ || options_.use_system_roots || !leaf.has_value()) return std::nullopt;
    return refused(TrustFault::wrong_key, "the peer's key sha256/" + to_pin(leaf->key_digest()) +
                                              " is none of those expected");
  }
  facts.trusted = true;
  facts.chain = {*std::move(leaf)};
  facts.sentence = "trusted: the key of its certificate is one that this program expects";
  return facts;
}

Result<core::TrustRules> Evaluation::rules_for(const ports::TlsQuestion& question) const {
  core::TrustRules rules;
  if (question.peer_is_server && !options_.any_name) {
    BOWLINE_TRY(rules.name, core::read_reference_name(question.peer_name));
  } else if (!question.peer_name.empty() && !options_.any_name) {
    BOWLINE_TRY(rules.name, core::read_reference_name(question.peer_name));
  }
  rules.peer_is_server = question.peer_is_server;
  rules.names = options_.names;
  rules.policy = options_.policy;
  rules.pins = options_.pins;
  rules.distribution_roots_only = options_.distribution_roots_only;
  rules.rsa_bits_max = options_.limits.rsa_bits_max;
  rules.exponent_bits_max = options_.limits.exponent_bits_max;
  return rules;
}

TrustReport::Facts Evaluation::judge_chain(const ports::TlsQuestion& question,
                                           const core::TrustRules& rules, ports::WallTime now) {
  const Roots roots = all_roots();
  const auto purpose = question.peer_is_server ? ports::CertificatePurpose::server
                                               : ports::CertificatePurpose::client;
  const ports::ChainQuestion asked{question.chain, question.staples, roots.sets, purpose, now,
                                   options_.limits};
  std::optional<TrustReport::Facts> best;
  for (const ports::CertificatePath& path : library_.find_paths(asked)) {
    TrustReport::Facts facts = core::judge({path.certificates, path.origin, path.problems}, rules,
                                           std::chrono::floor<std::chrono::seconds>(now));
    if (!best || is_better(facts, *best)) best = std::move(facts);
    if (best->trusted) return *std::move(best);
  }
  assert(best);
  if (!roots.problem) return *std::move(best);
  // With the system's roots all might have been well, so that they are missing is a reason too.
  best->problems.push_back(*roots.problem);
  TrustReport::Facts facts = core::refuse(std::move(best->problems));
  facts.chain = std::move(best->chain);
  return facts;
}

/// The program's own first: who gives them means them.
Evaluation::Roots Evaluation::all_roots() {
  Roots roots;
  if (own_roots_) roots.sets.push_back({own_roots_, RootOrigin::program});
  if (!options_.use_system_roots) return roots;
  auto system = system_roots_->read(library_);
  if (!system.has_value()) {
    roots.problem = TrustProblem{TrustFault::roots_unavailable, std::nullopt,
                                 "the system's roots cannot be read: " + system.error().message()};
    return roots;
  }
  for (ports::RootSet& set : *system) roots.sets.push_back(std::move(set));
  return roots;
}

bool Evaluation::is_expected(const Certificate::Digest& key) const {
  return std::ranges::find(options_.keys, key) != options_.keys.end();
}

/// All zeros without the system's roots, and while they cannot be read.
Certificate::Digest Evaluation::roots_identity() {
  if (!options_.use_system_roots || !system_roots_->read(library_).has_value()) return {};
  return system_roots_->identity();
}

std::string Evaluation::identity() { return options_identity_ + to_pin(roots_identity()); }

}  // namespace bowline::drive
