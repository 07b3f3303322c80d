#include <bowline/certificate.h>

#include <algorithm>
#include <array>
#include <utility>

namespace bowline {

namespace {

struct FlawWords {
  std::string_view word;
  std::string_view meaning;
};

constexpr std::array<FlawWords, 18> flaw_words{{
    {"none", "nothing is wrong with it"},
    {"expired", "it expired an hour ago"},
    {"not_yet_valid", "it is valid from tomorrow on"},
    {"other_name", "it is for another host"},
    {"no_names", "the host stands in the common name only, which does not count"},
    {"nul_in_name", "a NUL hides the end of its name from careless programs"},
    {"wide_wildcard", "its wildcards stand for a whole top-level domain"},
    {"wrong_purpose", "it is for clients, or for servers if it was to be a client's"},
    {"authority_as_peer", "it may sign other certificates"},
    {"weak_key", "its key is on the curve P-224"},
    {"oversized_key",
     "its RSA key has 16384 bits, which take seconds to check; there is no key file"},
    {"weak_signature", "it is signed with SHA-1, which can be forged"},
    {"broken_signature", "its signature does not fit"},
    {"unknown_critical", "it has a condition that nobody understands"},
    {"must_staple", "it promises a proof that it is not revoked, which its server does not have"},
    {"not_an_authority", "the certificate above it may not sign"},
    {"name_not_permitted", "the authority above it may not vouch for its names"},
    {"path_too_long", "the authority above it has more authorities below than it may have"},
}};

constexpr auto all_flaws = [] {
  std::array<CertificateFlaw, flaw_words.size() - 1> flaws{};
  for (std::size_t i = 0; i < flaws.size(); ++i) flaws[i] = static_cast<CertificateFlaw>(i + 1);
  return flaws;
}();

}  // namespace

std::string to_string(CertificateFlaw flaw) {
  return std::string(flaw_words[std::to_underlying(flaw)].word);
}

std::optional<CertificateFlaw> parse_certificate_flaw(std::string_view text) {
  const auto found = std::ranges::find(flaw_words, text, &FlawWords::word);
  if (found == flaw_words.end()) return std::nullopt;
  return static_cast<CertificateFlaw>(found - flaw_words.begin());
}

std::string_view meaning_of(CertificateFlaw flaw) {
  return flaw_words[std::to_underlying(flaw)].meaning;
}

std::span<const CertificateFlaw> certificate_flaws() { return all_flaws; }

}  // namespace bowline
