#include "core/trust/judge.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "core/trust/name_constraints.h"

namespace bowline::core {

namespace {

std::vector<TrustProblem> what_is_new(std::span<const TrustProblem> found,
                                      std::span<const TrustProblem> known);
void sort_out(std::vector<TrustProblem>& problems);
std::string sentence_of(const TrustReport::Facts& facts);
std::string_view words_for(RootOrigin origin);

void append(std::vector<TrustProblem>& problems, std::vector<TrustProblem> more) {
  problems.insert(problems.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

TrustReport::Facts judge(const JudgedPath& path, const TrustRules& rules,
                         std::chrono::sys_seconds now) {
  TrustReport::Facts facts;
  facts.chain.assign(path.certificates.begin(), path.certificates.end());
  facts.root_origin = path.origin;
  PathRules path_rules;
  path_rules.now = now;
  path_rules.peer_is_server = rules.peer_is_server;
  path_rules.keys = keys_for(rules.policy, rules.name);
  path_rules.rsa_bits_max = rules.rsa_bits_max;
  path_rules.exponent_bits_max = rules.exponent_bits_max;
  append(facts.problems, check_path(path.certificates, path.origin.has_value(), path_rules));
  append(facts.problems, check_constraints(path.certificates, rules.name));
  if (rules.name && !path.certificates.empty())
    append(facts.problems, match_name(path.certificates.front(), *rules.name, rules.names));
  if (rules.distribution_roots_only && path.origin && *path.origin != RootOrigin::distribution)
    facts.problems.push_back({TrustFault::root_not_accepted, path.certificates.size() - 1,
                              "the root '" + escape(path.certificates.back().subject(), 128) +
                                  "' is " + std::string(words_for(*path.origin)) +
                                  ", and only the distribution's are accepted"});
  // Their own certificates are for signing others'; a program or an administrator may mean one as it is.
  if (path.certificates.size() == 1 && path.certificates.front().is_authority() &&
      (path.origin == RootOrigin::distribution || path.origin == RootOrigin::system))
    facts.problems.push_back({TrustFault::authority_as_peer, 0,
                              "the peer shows the certificate of a public authority as its own"});
  PinOutcome pins = check_pins(path.certificates, rules.name, rules.pins);
  if (pins.problem) facts.problems.push_back(*std::move(pins.problem));
  facts.notices = std::move(pins.notices);
  facts.exceptions = key_exceptions_used(rules.policy, rules.name, path.certificates);
  append(facts.problems, what_is_new(path.found, facts.problems));
  sort_out(facts.problems);
  facts.trusted = facts.problems.empty() && path.origin.has_value();
  facts.sentence = sentence_of(facts);
  return facts;
}

TrustReport::Facts refuse(std::vector<TrustProblem> problems) {
  TrustReport::Facts facts;
  facts.problems = std::move(problems);
  sort_out(facts.problems);
  facts.sentence = sentence_of(facts);
  return facts;
}

namespace {

/// Our own rules say more about a fault than the library, which finds many of the same.
std::vector<TrustProblem> what_is_new(std::span<const TrustProblem> found,
                                      std::span<const TrustProblem> known) {
  std::vector<TrustProblem> news;
  for (const TrustProblem& problem : found)
    if (std::ranges::find(known, problem.fault, &TrustProblem::fault) == known.end())
      news.push_back(problem);
  return news;
}

/// A problem that is about no single certificate tells nothing new beside one of the same fault that is.
void sort_out(std::vector<TrustProblem>& problems) {
  std::vector<TrustProblem> kept;
  for (TrustProblem& problem : problems) {
    const bool is_known = std::ranges::any_of(kept, [&](const TrustProblem& other) {
      return other.fault == problem.fault &&
             (other.certificate == problem.certificate || !problem.certificate);
    });
    if (!is_known) kept.push_back(std::move(problem));
  }
  std::ranges::stable_sort(kept, {}, [](const TrustProblem& problem) {
    return std::pair(problem.fault, problem.certificate.value_or(0));
  });
  problems = std::move(kept);
}

std::string sentence_of(const TrustReport::Facts& facts) {
  if (facts.trusted) {
    const std::string root = "'" + escape(facts.chain.back().subject(), 128) + "'";
    if (facts.chain.size() == 1)
      return "trusted: the certificate " + root + " itself is " +
             std::string(words_for(*facts.root_origin));
    return "trusted: the root " + root + " is " + std::string(words_for(*facts.root_origin));
  }
  if (facts.problems.empty()) return "not trusted";
  std::string text = facts.problems.front().sentence;
  if (facts.problems.size() > 1)
    text += " (and " + std::to_string(facts.problems.size() - 1) + " more)";
  return text;
}

std::string_view words_for(RootOrigin origin) {
  switch (origin) {
    case RootOrigin::distribution: return "one of the system's distribution";
    case RootOrigin::administrator: return "one that was added on this host";
    case RootOrigin::system: return "one of the system's";
    case RootOrigin::program: return "one that this program was given";
  }
  return "unknown";
}

}  // namespace

}  // namespace bowline::core
