#include <bowline/address.h>
#include <bowline/detail/trust_facts.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/escape.h"

namespace bowline {

namespace {

template <class Facts>
const Facts& trust_facts_of(const std::shared_ptr<const Facts>& facts) {
  static const Facts none;
  return facts ? *facts : none;
}

struct FaultWords {
  std::string_view word;
  std::string_view meaning;
};

const FaultWords& words_of(TrustFault fault);
std::string address_text(std::string_view octets);
std::optional<std::vector<std::byte>> read_hexadecimal(std::string_view text);

}  // namespace

Certificate::Certificate(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const Certificate::Facts& Certificate::facts() const { return trust_facts_of(facts_); }
const std::vector<std::byte>& Certificate::der() const { return facts().der; }
const std::string& Certificate::subject() const { return facts().subject; }
const std::string& Certificate::issuer() const { return facts().issuer; }
const std::string& Certificate::serial() const { return facts().serial; }
const std::optional<std::string>& Certificate::common_name() const { return facts().common_name; }
const std::vector<CertificateName>& Certificate::names() const { return facts().names; }
std::chrono::sys_seconds Certificate::not_before() const { return facts().not_before; }
std::chrono::sys_seconds Certificate::not_after() const { return facts().not_after; }
KeyKind Certificate::key_kind() const { return facts().key_kind; }
const std::string& Certificate::key_algorithm() const { return facts().key_algorithm; }
std::size_t Certificate::key_bits() const { return facts().key_bits; }
const std::string& Certificate::signature_algorithm() const { return facts().signature_algorithm; }
bool Certificate::has_weak_signature() const { return facts().weak_signature; }
const Certificate::Digest& Certificate::fingerprint() const { return facts().fingerprint; }
const Certificate::Digest& Certificate::key_digest() const { return facts().key_digest; }
bool Certificate::is_authority() const { return facts().is_authority; }
bool Certificate::is_self_issued() const { return facts().subject_der == facts().issuer_der; }
bool Certificate::must_staple() const { return facts().must_staple; }
bool Certificate::has_name_constraints() const { return facts().has_constraints; }

TrustReport::TrustReport(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const TrustReport::Facts& TrustReport::facts() const { return trust_facts_of(facts_); }
bool TrustReport::is_trusted() const { return facts().trusted; }
const std::vector<Certificate>& TrustReport::chain() const { return facts().chain; }
std::optional<RootOrigin> TrustReport::root_origin() const { return facts().root_origin; }
const std::vector<TrustProblem>& TrustReport::problems() const { return facts().problems; }
const std::vector<std::string>& TrustReport::notices() const { return facts().notices; }
const std::vector<std::string>& TrustReport::exceptions() const { return facts().exceptions; }
const std::string& TrustReport::sentence() const { return facts().sentence; }

std::string to_string(CertificateNameKind kind) {
  static constexpr std::array<std::string_view, 7> names{"dns",   "ip",        "uri",  "service",
                                                         "email", "directory", "other"};
  return std::string(names[std::to_underlying(kind)]);
}

std::string to_string(const CertificateName& name) {
  const std::string kind = to_string(name.kind) + ":";
  if (name.kind == CertificateNameKind::ip) return kind + address_text(name.octets);
  if (name.kind == CertificateNameKind::directory) return kind + "(a distinguished name)";
  // A long name is cut: it is for people, who know by then that something is odd.
  return kind + escape(name.octets, 256);
}

std::string to_string(KeyKind kind) {
  static constexpr std::array<std::string_view, 4> names{"rsa", "ecdsa", "eddsa", "other"};
  return std::string(names[std::to_underlying(kind)]);
}

std::string to_string(RootOrigin origin) {
  static constexpr std::array<std::string_view, 4> names{"distribution", "administrator", "system",
                                                         "program"};
  return std::string(names[std::to_underlying(origin)]);
}

std::string to_string(TrustFault fault) { return std::string(words_of(fault).word); }
std::string_view meaning_of(TrustFault fault) { return words_of(fault).meaning; }

std::string to_pin(const Certificate::Digest& key_digest) { return to_base64(key_digest); }

std::optional<Certificate::Digest> parse_pin(std::string_view text) {
  for (const std::string_view prefix : {"sha256/", "SHA256:"})
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      break;
    }
  if (text.starts_with('/') && text.size() == 45) text.remove_prefix(1);
  auto octets = text.size() == 44 ? from_base64(text) : read_hexadecimal(text);
  Certificate::Digest digest;
  if (!octets || octets->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*octets, digest.begin());
  return digest;
}

namespace {

const FaultWords& words_of(TrustFault fault) {
  static constexpr std::array<FaultWords, 31> words{{
      {"no_certificate", "the peer sent no certificate"},
      {"malformed", "the peer sent something that is no certificate"},
      {"too_large", "the peer sent more than a chain of certificates can reasonably have"},
      {"revoked", "the authority has taken the certificate back"},
      {"wrong_key", "the peer's key is none of those that are expected"},
      {"pin_mismatch", "none of the pinned keys is in the chain"},
      {"name_mismatch", "the certificate is for other names"},
      {"no_names", "the certificate is for no name (a common name does not count)"},
      {"malformed_name", "a name in the certificate holds what no name may hold"},
      {"wrong_purpose", "the certificate is not made for this purpose"},
      {"authority_as_peer", "the peer shows the certificate of an authority"},
      {"expired", "the certificate has expired"},
      {"not_yet_valid", "the certificate is not valid yet"},
      {"name_not_permitted", "an authority in the chain may not vouch for this name"},
      {"not_an_authority", "a certificate in the chain signed another, and may not"},
      {"path_too_long", "an authority in the chain has more authorities below it than it may have"},
      {"weak_key", "a key in the chain is too weak"},
      {"oversized_key", "a key in the chain is so large that checking it takes seconds"},
      {"weak_signature", "a signature in the chain uses an algorithm that can be forged"},
      {"bad_signature", "a signature in the chain does not fit"},
      {"unknown_critical",
       "a certificate in the chain has a condition that is not understood here"},
      {"unsupported", "a certificate in the chain uses an algorithm that is not known here"},
      {"staple_missing", "the proof that the certificate is not revoked is missing"},
      {"staple_invalid", "the proof that the certificate is not revoked is wrong"},
      {"staple_expired", "the proof that the certificate is not revoked is not of today"},
      {"unknown_authority", "the certificate was issued by an authority that is not trusted here"},
      {"self_signed", "the certificate is signed by nobody but itself"},
      {"root_not_accepted", "the root was not shipped with the system's distribution"},
      {"policy_refused", "the policy for this peer asks for more"},
      {"program_refused", "the program refused this peer"},
      {"roots_unavailable", "the roots that are trusted could not be read"},
  }};
  return words[std::to_underlying(fault)];
}

std::string address_text(std::string_view octets) {
  const auto part = [&](std::size_t from, std::size_t count) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(octets.data()) + from;
    std::array<std::uint8_t, 16> all{};
    std::copy_n(bytes, count, all.begin());
    if (count == 16) return to_string(IpAddress::v6(all));
    return to_string(IpAddress::v4({all[0], all[1], all[2], all[3]}));
  };
  switch (octets.size()) {
    case 4: return part(0, 4);
    case 16: return part(0, 16);
    case 8: return part(0, 4) + "/" + part(4, 4);
    case 32: return part(0, 16) + "/" + part(16, 16);
    default: return "(" + std::to_string(octets.size()) + " octets)";
  }
}

std::optional<std::vector<std::byte>> read_hexadecimal(std::string_view text) {
  std::vector<std::byte> octets;
  std::optional<unsigned> high;
  for (const char c : text) {
    if (c == ':' && !high && !octets.empty()) continue;
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                  : 16;
    if (digit == 16 || octets.size() >= 32) return std::nullopt;
    if (high) {
      octets.push_back(static_cast<std::byte>(*high << 4 | digit));
      high.reset();
    } else {
      high = digit;
    }
  }
  if (high) return std::nullopt;
  return octets;
}

}  // namespace

}  // namespace bowline
