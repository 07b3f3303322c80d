#include "crypto/gnutls/certificates/paths.h"

#include <bowline/detail/trust_facts.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "crypto/gnutls/certificates/roots.h"
#include "crypto/gnutls/certificates/signatures.h"
#include "crypto/gnutls/certificates/staples.h"

namespace bowline::crypto {

namespace {

using ports::CertificatePath;
using ports::ChainQuestion;

/// A step up from a certificate: who may have issued it.
struct Issuer {
  const ReadCertificate* certificate;
  std::optional<RootOrigin> origin;  // if it is a root
};

/// A way that was found, before it is checked.
struct Way {
  std::vector<const ReadCertificate*> certificates;
  std::optional<RootOrigin> origin;
};

class PathSearch {
 public:
  explicit PathSearch(const ChainQuestion& question) : question_(question) {}

  std::vector<CertificatePath> run() {
    if (auto problem = read_chain()) return {only(*std::move(problem))};
    search();
    return check_all();
  }

 private:
  std::optional<TrustProblem> read_chain();
  void search();
  void climb();
  [[nodiscard]] std::optional<RootOrigin> origin_of(const ReadCertificate& certificate) const;
  [[nodiscard]] std::vector<Issuer> issuers_of(const ReadCertificate& certificate) const;
  [[nodiscard]] bool is_on_the_way(const ReadCertificate& certificate) const;
  [[nodiscard]] std::vector<CertificatePath> check_all();
  [[nodiscard]] std::vector<TrustProblem> check_one(const Way& way) const;
  [[nodiscard]] std::vector<TrustProblem> check_staples(const Way& way) const;
  [[nodiscard]] std::vector<TrustProblem> explain_dead_end(const Way& way) const;
  [[nodiscard]] static CertificatePath only(TrustProblem problem) {
    return CertificatePath{{}, std::nullopt, {std::move(problem)}};
  }

  const ChainQuestion& question_;
  std::vector<ReadCertificate> chain_;
  std::vector<const ReadCertificate*> way_;
  std::vector<Way> found_;
  Way furthest_;
  std::size_t steps_left_ = 256;
};

std::optional<TrustProblem> PathSearch::read_chain() {
  const ports::CertificateLimits& limits = question_.limits;
  if (question_.chain.empty())
    return TrustProblem{TrustFault::no_certificate, std::nullopt, "the peer sent no certificate"};
  std::size_t bytes = 0;
  for (const ports::Der& der : question_.chain) bytes += der.size();
  if (question_.chain.size() > limits.certificates_max || bytes > limits.chain_bytes_max)
    return TrustProblem{TrustFault::too_large, std::nullopt,
                        "the peer sent " + std::to_string(question_.chain.size()) +
                            " certificates of " + std::to_string(bytes) + " octets"};
  for (std::size_t i = 0; i < question_.chain.size(); ++i) {
    auto read = read_certificate(question_.chain[i], limits);
    if (!read.has_value())
      return TrustProblem{
          read.error().kind() == ErrorKind::limit_exceeded ? TrustFault::too_large
                                                           : TrustFault::malformed,
          i, "certificate " + std::to_string(i) + " of the chain: " + read.error().message()};
    chain_.push_back(*std::move(read));
  }
  return std::nullopt;
}

void PathSearch::search() {
  way_ = {&chain_.front()};
  furthest_ = {way_, std::nullopt};
  if (const auto origin = origin_of(chain_.front())) found_.push_back({way_, origin});
  climb();
}

/// Depth first: roots before what was sent, so that the shortest ways come first among equals.
void PathSearch::climb() {
  if (way_.size() > question_.limits.certificates_max || steps_left_ == 0) return;
  --steps_left_;
  for (const Issuer& issuer : issuers_of(*way_.back())) {
    if (found_.size() == question_.limits.paths_max) return;
    way_.push_back(issuer.certificate);
    if (issuer.origin) {
      found_.push_back({way_, issuer.origin});
    } else {
      if (way_.size() > furthest_.certificates.size()) furthest_ = {way_, std::nullopt};
      climb();
    }
    way_.pop_back();
  }
}

std::optional<RootOrigin> PathSearch::origin_of(const ReadCertificate& certificate) const {
  for (const ports::RootSet& set : question_.roots)
    if (static_cast<const IndexedRoots&>(*set.roots).find(certificate.described) != nullptr)
      return set.origin;
  return std::nullopt;
}

/// By name. Where key identifiers tell, those that fit come first; they are hints, so the rest follows.
std::vector<Issuer> PathSearch::issuers_of(const ReadCertificate& certificate) const {
  const Certificate::Facts& facts = certificate.described.facts();
  std::vector<Issuer> issuers;
  for (const ports::RootSet& set : question_.roots)
    for (const ReadCertificate* const root :
         static_cast<const IndexedRoots&>(*set.roots).named(facts.issuer_der))
      if (!is_on_the_way(*root)) issuers.push_back({root, set.origin});
  for (const ReadCertificate& sent : chain_) {
    const bool is_known = std::ranges::any_of(issuers, [&](const Issuer& issuer) {
      return issuer.certificate->described == sent.described;
    });
    if (!is_known && sent.described.facts().subject_der == facts.issuer_der && !is_on_the_way(sent))
      issuers.push_back({&sent, std::nullopt});
  }
  std::ranges::stable_partition(issuers, [&](const Issuer& issuer) {
    const std::string& key = issuer.certificate->described.facts().own_key;
    return facts.authority_key.empty() || key.empty() || key == facts.authority_key;
  });
  return issuers;
}

/// The same authority twice on one way, under whatever certificates, leads in a circle.
bool PathSearch::is_on_the_way(const ReadCertificate& certificate) const {
  return std::ranges::any_of(way_, [&](const ReadCertificate* one) {
    return one->described == certificate.described ||
           (one->described.facts().subject_der == certificate.described.facts().subject_der &&
            one->described.key_digest() == certificate.described.key_digest());
  });
}

std::vector<CertificatePath> PathSearch::check_all() {
  std::vector<CertificatePath> paths;
  std::size_t links = 0;
  for (const Way& way : found_.empty() ? std::vector<Way>{furthest_} : found_) {
    links += way.certificates.size();
    if (links > question_.limits.links_max && !paths.empty()) break;
    CertificatePath path;
    for (const ReadCertificate* const one : way.certificates)
      path.certificates.push_back(one->described);
    path.origin = way.origin;
    path.problems = way.origin ? check_one(way) : explain_dead_end(way);
    paths.push_back(std::move(path));
  }
  std::ranges::stable_sort(paths, {},
                           [](const CertificatePath& path) { return path.problems.size(); });
  return paths;
}

std::vector<TrustProblem> PathSearch::check_one(const Way& way) const {
  std::vector<TrustProblem> problems =
      check_signatures(way.certificates, question_.purpose, question_.limits);
  for (TrustProblem& problem : check_staples(way)) problems.push_back(std::move(problem));
  return problems;
}

std::vector<TrustProblem> PathSearch::check_staples(const Way& way) const {
  std::vector<TrustProblem> problems;
  for (std::size_t i = 0; i + 1 < way.certificates.size(); ++i) {
    const auto at =
        std::ranges::find(chain_, way.certificates[i]->described, &ReadCertificate::described);
    const auto number = static_cast<std::size_t>(at - chain_.begin());
    const bool has_staple = number < question_.staples.size() && !question_.staples[number].empty();
    if (has_staple) {
      if (auto problem = check_staple(question_.staples[number], *way.certificates[i],
                                      *way.certificates[i + 1], i, question_.now, question_.limits))
        problems.push_back(*std::move(problem));
    } else if (i == 0 && way.certificates[0]->described.must_staple()) {
      problems.push_back(
          {TrustFault::staple_missing, 0,
           "the certificate promises a proof that it is not revoked, and none came"});
    }
  }
  return problems;
}

/// Nobody on this host vouches for the last one. The links below it are checked, for more can be wrong.
std::vector<TrustProblem> PathSearch::explain_dead_end(const Way& way) const {
  const Certificate& last = way.certificates.back()->described;
  std::vector<TrustProblem> problems;
  if (last.is_self_issued() && way.certificates.size() == 1) {
    problems.push_back(
        {TrustFault::self_signed, 0, "the certificate is signed by itself, and not known here"});
  } else if (last.is_self_issued()) {
    problems.push_back({TrustFault::unknown_authority, way.certificates.size() - 1,
                        "the root '" + escape(last.subject(), 128) + "' is not trusted here"});
  } else {
    problems.push_back({TrustFault::unknown_authority, way.certificates.size() - 1,
                        "no certificate of '" + escape(last.issuer(), 128) + "', the issuer of '" +
                            escape(last.subject(), 128) + "', is trusted here or was sent"});
  }
  for (TrustProblem& problem :
       check_signatures(way.certificates, question_.purpose, question_.limits))
    problems.push_back(std::move(problem));
  return problems;
}

}  // namespace

std::vector<CertificatePath> find_certificate_paths(const ChainQuestion& question) {
  return PathSearch(question).run();
}

}  // namespace bowline::crypto
