#include "core/trust/policy.h"

#include <bowline/detail/trust_facts.h>

#include <algorithm>
#include <utility>

namespace bowline::core {

namespace {

/// The exceptions for this name; the closest domain counts, and nothing of the wider ones.
const PolicyException* exception_for(const SecurityPolicy& policy,
                                     const std::optional<ReferenceName>& name);
std::string name_of(const PolicyException& exception, std::string_view what);
bool is_local(const ReferenceName& name);
bool is_weaker(const Certificate::Facts& facts, const KeyFloor& floor);

TrustProblem refusal(std::string sentence) {
  return {TrustFault::policy_refused, std::nullopt, std::move(sentence)};
}

}  // namespace

PolicyOutcome check_plain_text(const SecurityPolicy& policy, const ReferenceName& name) {
  if (policy.allows_plain_text || is_local(name)) return {};
  const PolicyException* const exception = exception_for(policy, name);
  if (exception != nullptr && exception->plain_text)
    return {std::nullopt, {name_of(*exception, "plain text")}};
  return {refusal("the policy allows no plain text to " + to_string(name)), {}};
}

PolicyOutcome check_agreed(const SecurityPolicy& policy, const std::optional<ReferenceName>& name,
                           const AgreedSecurity& agreed) {
  const PolicyException* const exception = exception_for(policy, name);
  PolicyOutcome outcome;
  if (agreed.protocol < policy.protocol) {
    if (exception == nullptr || !exception->protocol || agreed.protocol < *exception->protocol)
      return {refusal("the policy asks for TLS 1.3, and TLS 1.2 was agreed on"), {}};
    outcome.exceptions.push_back(name_of(*exception, "TLS 1.2"));
  }
  if (policy.needs_forward_secrecy && !agreed.has_forward_secrecy) {
    if (exception == nullptr || !exception->without_forward_secrecy)
      return {refusal("the policy asks for forward secrecy, and there is none"), {}};
    outcome.exceptions.push_back(name_of(*exception, "no forward secrecy"));
  }
  return outcome;
}

KeyFloor keys_for(const SecurityPolicy& policy, const std::optional<ReferenceName>& name) {
  const PolicyException* const exception = exception_for(policy, name);
  return exception != nullptr && exception->keys ? *exception->keys : policy.keys;
}

std::vector<std::string> key_exceptions_used(const SecurityPolicy& policy,
                                             const std::optional<ReferenceName>& name,
                                             std::span<const Certificate> path) {
  const PolicyException* const exception = exception_for(policy, name);
  if (exception == nullptr || !exception->keys) return {};
  const bool is_used = std::ranges::any_of(path, [&](const Certificate& certificate) {
    return is_weaker(certificate.facts(), policy.keys);
  });
  if (!is_used) return {};
  return {name_of(*exception, "weak keys")};
}

namespace {

const PolicyException* exception_for(const SecurityPolicy& policy,
                                     const std::optional<ReferenceName>& name) {
  if (!name) return nullptr;
  const std::string host = to_string(*name);
  const PolicyException* closest = nullptr;
  for (const PolicyException& one : policy.exceptions) {
    const bool fits = one.with_subdomains && !name->address
                          ? !one.domain.empty() && is_within(host, one.domain)
                          : host == one.domain;
    if (fits && (closest == nullptr || one.domain.size() > closest->domain.size())) closest = &one;
  }
  return closest;
}

std::string name_of(const PolicyException& exception, std::string_view what) {
  std::string text = exception.domain + ": " + std::string(what);
  if (!exception.reason.empty()) text += " (" + exception.reason + ")";
  return text;
}

bool is_local(const ReferenceName& name) {
  return name.address || name.host.find('.') == std::string::npos ||
         is_within(name.host, "local") || is_within(name.host, "localhost");
}

bool is_weaker(const Certificate::Facts& facts, const KeyFloor& floor) {
  return (facts.key_kind == KeyKind::rsa && facts.key_bits < floor.rsa_bits_min) ||
         (facts.key_kind == KeyKind::ecdsa && facts.key_bits < floor.curve_bits_min);
}

}  // namespace

}  // namespace bowline::core
