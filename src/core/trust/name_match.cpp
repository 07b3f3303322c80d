#include "core/trust/name_match.h"

#include <bowline/detail/trust_facts.h>

#include <algorithm>

#include "base/escape.h"

namespace bowline::core {

namespace {

bool fits(const CertificateName& name, const ReferenceName& reference, const NameRules& rules);
bool has_control_characters(std::string_view octets);
std::string names_in_words(const Certificate& leaf);

}  // namespace

std::vector<TrustProblem> match_name(const Certificate& leaf, const ReferenceName& reference,
                                     const NameRules& rules) {
  const Certificate::Facts& facts = leaf.facts();
  for (const CertificateName& name : facts.names) {
    const bool is_text = name.kind != CertificateNameKind::ip &&
                         name.kind != CertificateNameKind::directory &&
                         name.kind != CertificateNameKind::other;
    if (is_text && has_control_characters(name.octets))
      return {{TrustFault::malformed_name, 0,
               "the certificate has the name '" + escape(name.octets, 256) +
                   "', with a character that no name may hold"}};
  }
  const auto is_for_it = [&](const CertificateName& name) { return fits(name, reference, rules); };
  if (std::ranges::any_of(facts.names, is_for_it)) return {};
  if (rules.use_common_name && !facts.has_names && facts.common_names == 1 && facts.common_name &&
      !reference.address && lower_case(*facts.common_name) == reference.host)
    return {};
  const std::string wanted = to_string(reference);
  if (facts.names.empty()) {
    std::string sentence = "the certificate is for no name, so not for " + wanted;
    if (facts.common_name)
      sentence += " (its common name '" + escape(*facts.common_name, 128) + "' does not count)";
    return {{TrustFault::no_names, 0, std::move(sentence)}};
  }
  return {{TrustFault::name_mismatch, 0,
           "the certificate is for " + names_in_words(leaf) + ", not for " + wanted}};
}

bool matches_host(std::string_view presented, std::string_view host) {
  const std::string name = lower_case(presented);
  if (!name.starts_with("*.")) return name == host;
  const std::string_view rest = std::string_view(name).substr(2);
  // A star over one label alone, such as a whole top-level domain, is nobody's to have.
  if (rest.find('.') == std::string_view::npos || rest.find('*') != std::string_view::npos ||
      rest.starts_with('.') || rest.ends_with('.'))
    return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && host.substr(dot + 1) == rest;
}

namespace {

bool fits_service(std::string_view octets, const ReferenceName& reference, const NameRules& rules) {
  if (rules.service.empty()) return false;
  const std::string wanted = "_" + lower_case(rules.service) + "." + reference.host;
  return lower_case(octets) == wanted;
}

bool fits_uri(std::string_view octets, const ReferenceName& reference, const NameRules& rules) {
  if (rules.uri_scheme.empty()) return false;
  const std::string uri = lower_case(octets);
  const std::string scheme = lower_case(rules.uri_scheme) + ":";
  if (!uri.starts_with(scheme)) return false;
  std::string_view rest = std::string_view(uri).substr(scheme.size());
  if (rest.starts_with("//")) rest.remove_prefix(2);
  return rest.substr(0, rest.find_first_of("/:?#;")) == reference.host;
}

bool fits(const CertificateName& name, const ReferenceName& reference, const NameRules& rules) {
  if (reference.address) {
    const auto octets = reference.address->octets();
    const std::string_view wanted(reinterpret_cast<const char*>(octets.data()), octets.size());
    return name.kind == CertificateNameKind::ip && name.octets == wanted;
  }
  switch (name.kind) {
    case CertificateNameKind::dns: return matches_host(name.octets, reference.host);
    case CertificateNameKind::service: return fits_service(name.octets, reference, rules);
    case CertificateNameKind::uri: return fits_uri(name.octets, reference, rules);
    case CertificateNameKind::ip:
    case CertificateNameKind::email:
    case CertificateNameKind::directory:
    case CertificateNameKind::other: return false;
  }
  return false;
}

bool has_control_characters(std::string_view octets) {
  return std::ranges::any_of(octets, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

std::string names_in_words(const Certificate& leaf) {
  constexpr std::size_t shown_max = 4;
  std::string text;
  const auto& names = leaf.names();
  for (std::size_t i = 0; i < std::min(names.size(), shown_max); ++i) {
    if (i > 0) text += ", ";
    const std::string name = to_string(names[i]);
    text += names[i].kind == CertificateNameKind::dns ? name.substr(4) : name;
  }
  if (names.size() > shown_max)
    text += " and " + std::to_string(names.size() - shown_max) + " more";
  return text;
}

}  // namespace

}  // namespace bowline::core
