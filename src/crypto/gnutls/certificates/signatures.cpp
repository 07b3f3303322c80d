#include "crypto/gnutls/certificates/signatures.h"

#include <bowline/detail/trust_facts.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "base/escape.h"

namespace bowline::crypto {

namespace {

using Path = std::span<const ReadCertificate* const>;

struct TrustListCloser {
  void operator()(gnutls_x509_trust_list_t list) const { gnutls_x509_trust_list_deinit(list, 0); }
};
using TrustList = std::unique_ptr<std::remove_pointer_t<gnutls_x509_trust_list_t>, TrustListCloser>;

/// What GnuTLS says of each link, which its callback cannot carry to us in another way.
struct LinkNote {
  gnutls_x509_crt_t certificate;
  unsigned status;
};
thread_local std::vector<LinkNote>* link_notes = nullptr;

int note_link(gnutls_x509_crt_t certificate, gnutls_x509_crt_t, gnutls_x509_crl_t,
              unsigned status) {
  if (link_notes != nullptr) link_notes->push_back({certificate, status});
  return 0;
}

std::vector<TrustProblem> problems_in(unsigned status, std::optional<std::size_t> index,
                                      const std::string& who, Path path);
std::optional<TrustProblem> find_oversized(Path path, const ports::CertificateLimits& limits);
std::vector<TrustProblem> translate(Path path, unsigned status, const std::vector<LinkNote>& notes);
TrustFault constraint_broken_by(Path path);

}  // namespace

std::vector<TrustProblem> check_signatures(Path path, ports::CertificatePurpose purpose,
                                           const ports::CertificateLimits& limits) {
  if (auto oversized = find_oversized(path, limits)) return {*std::move(oversized)};
  // A certificate that is trusted by itself needs no signature.
  if (path.size() < 2) return {};
  gnutls_x509_trust_list_t made = nullptr;
  gnutls_x509_crt_t root = path.back()->handle.get();
  const bool is_made = gnutls_x509_trust_list_init(&made, 1) == GNUTLS_E_SUCCESS;
  const TrustList list(made);
  if (!is_made || gnutls_x509_trust_list_add_cas(made, &root, 1, 0) != 1)
    return {{TrustFault::unsupported, path.size() - 1, "GnuTLS does not take this root"}};

  std::vector<gnutls_x509_crt_t> certificates;
  for (const ReadCertificate* const one : path.first(path.size() - 1))
    certificates.push_back(one->handle.get());
  const char* const oid = purpose == ports::CertificatePurpose::server ? GNUTLS_KP_TLS_WWW_SERVER
                                                                       : GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st wanted{};
  wanted.type = GNUTLS_DT_KEY_PURPOSE_OID;
  wanted.data = reinterpret_cast<unsigned char*>(const_cast<char*>(oid));
  wanted.size = static_cast<unsigned>(std::strlen(oid));
  // GnuTLS would ask a clock of its own for the dates: core/trust compares them with the caller's.
  const unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                         GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                         GNUTLS_VERIFY_DISABLE_CRL_CHECKS;
  unsigned status = GNUTLS_CERT_INVALID;
  std::vector<LinkNote> notes;
  link_notes = &notes;
  const int result = gnutls_x509_trust_list_verify_crt2(list.get(), certificates.data(),
                                                        static_cast<unsigned>(certificates.size()),
                                                        &wanted, 1, flags, &status, note_link);
  link_notes = nullptr;
  if (result < 0)
    return {{TrustFault::unsupported, std::nullopt,
             std::string("GnuTLS cannot check the chain: ") + gnutls_strerror(result)}};
  if (status == 0) return {};
  return translate(path, status, notes);
}

namespace {

std::optional<TrustProblem> find_oversized(Path path, const ports::CertificateLimits& limits) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Certificate::Facts& facts = path[i]->described.facts();
    if (facts.key_kind != KeyKind::rsa) continue;
    if (facts.key_bits > limits.rsa_bits_max || facts.exponent_bits > limits.exponent_bits_max)
      return TrustProblem{TrustFault::oversized_key, i,
                          "a key of " + std::to_string(facts.key_bits) +
                              " bits, with an exponent of " + std::to_string(facts.exponent_bits) +
                              ", takes too long to check"};
  }
  return std::nullopt;
}

std::vector<TrustProblem> translate(Path path, unsigned status,
                                    const std::vector<LinkNote>& notes) {
  std::vector<TrustProblem> problems;
  unsigned explained = GNUTLS_CERT_INVALID;
  for (const LinkNote& note : notes) {
    const auto at = std::ranges::find(path, note.certificate,
                                      [](const ReadCertificate* one) { return one->handle.get(); });
    if (at == path.end() || note.status == 0) continue;
    const auto index = static_cast<std::size_t>(at - path.begin());
    const std::string who = "'" + escape((*at)->described.subject(), 128) + "'";
    for (TrustProblem& problem : problems_in(note.status, index, who, path))
      problems.push_back(std::move(problem));
    explained |= note.status;
  }
  // What is about the chain as a whole.
  if ((status & ~explained) != 0 || problems.empty())
    for (TrustProblem& problem : problems_in(problems.empty() ? status : status & ~explained,
                                             std::nullopt, "the chain", path))
      problems.push_back(std::move(problem));
  assert(!problems.empty());
  return problems;
}

/// GnuTLS has one word for what an authority may not: have so many below, sign, or vouch for a name.
TrustFault constraint_broken_by(Path path) {
  std::size_t below = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const Certificate::Facts& facts = path[i]->described.facts();
    if (facts.has_key_usage && !facts.may_sign_certificates) return TrustFault::not_an_authority;
    if (facts.path_length && below > *facts.path_length) return TrustFault::path_too_long;
    below += path[i]->described.is_self_issued() ? 0 : 1;
  }
  return TrustFault::name_not_permitted;
}

std::vector<TrustProblem> problems_in(unsigned status, std::optional<std::size_t> index,
                                      const std::string& who, Path path) {
  struct Row {
    unsigned bit;
    TrustFault fault;
    const char* words;
  };
  const std::array<Row, 11> rows{{
      {GNUTLS_CERT_REVOKED, TrustFault::revoked, " was revoked"},
      {GNUTLS_CERT_PURPOSE_MISMATCH, TrustFault::wrong_purpose, " is not made for this purpose"},
      {GNUTLS_CERT_EXPIRED, TrustFault::expired, " has expired"},
      {GNUTLS_CERT_NOT_ACTIVATED, TrustFault::not_yet_valid, " is not valid yet"},
      {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, constraint_broken_by(path),
       " breaks a constraint of its authority"},
      {GNUTLS_CERT_SIGNER_NOT_CA, TrustFault::not_an_authority,
       " is signed by a certificate that may not sign"},
      {GNUTLS_CERT_INSECURE_ALGORITHM, TrustFault::weak_signature,
       " uses an algorithm that can be forged"},
      {GNUTLS_CERT_SIGNATURE_FAILURE, TrustFault::bad_signature,
       " has a signature that does not fit"},
      {GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, TrustFault::unknown_critical,
       " has a condition that GnuTLS does not understand"},
      {GNUTLS_CERT_SIGNER_NOT_FOUND, TrustFault::unknown_authority,
       " is issued by nobody whom this host trusts"},
      {GNUTLS_CERT_UNEXPECTED_OWNER, TrustFault::unknown_authority, " belongs to somebody else"},
  }};
  std::vector<TrustProblem> problems;
  for (const Row& row : rows)
    if ((status & row.bit) != 0) problems.push_back({row.fault, index, who + row.words});
  if (problems.empty() && status != 0)
    problems.push_back({TrustFault::unsupported, index, who + " uses something that GnuTLS lacks"});
  return problems;
}

}  // namespace

}  // namespace bowline::crypto
