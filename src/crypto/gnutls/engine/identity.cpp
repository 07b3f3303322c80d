#include "crypto/gnutls/engine/identity.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

namespace {

constexpr const char* loading = "load tls identity";
constexpr unsigned own_chain_max = 16;

/// Certificates that GnuTLS allocated as an array.
class CertificateList {
 public:
  CertificateList() = default;
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;
  ~CertificateList() {
    for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(first[i]);
    gnutls_free(first);
  }
  [[nodiscard]] std::span<const gnutls_x509_crt_t> all() const { return {first, count}; }

  gnutls_x509_crt_t* first = nullptr;
  unsigned count = 0;
};

Result<PrivateKeyHandle> parse_key(std::span<const std::byte> bytes, std::string_view pass_phrase);
Result<std::vector<std::byte>> public_key_of(gnutls_privkey_t key);
Result<std::vector<std::byte>> public_key_of(gnutls_x509_crt_t certificate);
Result<std::vector<std::byte>> export_public_key(gnutls_pubkey_t key);
gnutls_x509_crt_fmt_t format_of(std::span<const std::byte> bytes);
Error no_pass_phrase(const char* subject);
std::string small_letters(std::string_view text);
Result<std::vector<gnutls_x509_crt_t>> sorted_from_leaf(std::span<const gnutls_x509_crt_t> chain,
                                                        gnutls_privkey_t key);

}  // namespace

Result<std::shared_ptr<Identity>> Identity::from_chain(std::span<const std::byte> certificates,
                                                       std::span<const std::byte> private_key,
                                                       std::string_view pass_phrase) {
  BOWLINE_TRY(auto key, parse_key(private_key, pass_phrase));
  CertificateList list;
  const gnutls_datum_t data = lend(certificates);
  const int code =
      gnutls_x509_crt_list_import2(&list.first, &list.count, &data, format_of(certificates), 0);
  if (code < 0) return refusal_of(code, loading, "certificates");
  return from_parts(list.all(), std::move(key));
}

Result<std::shared_ptr<Identity>> Identity::from_pkcs12(std::span<const std::byte> store,
                                                        std::string_view pass_phrase) {
  gnutls_pkcs12_t fresh = nullptr;
  if (const int code = gnutls_pkcs12_init(&fresh); code < 0)
    return refusal_of(code, loading, "PKCS#12");
  const Pkcs12Handle parsed(fresh);
  const gnutls_datum_t data = lend(store);
  const std::string phrase(pass_phrase);
  if (const int code = gnutls_pkcs12_import(fresh, &data, format_of(store), 0); code < 0)
    return refusal_of(code, loading, "PKCS#12");
  if (const int code = gnutls_pkcs12_verify_mac(fresh, phrase.c_str()); code < 0)
    return Error(ErrorKind::invalid_argument, loading, "the pass phrase does not fit")
        .about("PKCS#12");

  gnutls_x509_privkey_t raw_key = nullptr;
  CertificateList list;
  const int code = gnutls_pkcs12_simple_parse(fresh, phrase.c_str(), &raw_key, &list.first,
                                              &list.count, nullptr, nullptr, nullptr, 0);
  if (code < 0) return refusal_of(code, loading, "PKCS#12");
  const Handle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit> owned_key(raw_key);
  gnutls_privkey_t key = nullptr;
  if (gnutls_privkey_init(&key) < 0)
    return refusal_of(GNUTLS_E_MEMORY_ERROR, loading, "private key");
  PrivateKeyHandle handle(key);
  const int taken = gnutls_privkey_import_x509(key, raw_key, GNUTLS_PRIVKEY_IMPORT_COPY);
  if (taken < 0) return refusal_of(taken, loading, "private key");
  return from_parts(list.all(), std::move(handle));
}

Result<std::shared_ptr<Identity>> Identity::from_raw_key(std::span<const std::byte> private_key,
                                                         std::string_view pass_phrase) {
  auto made = std::shared_ptr<Identity>(new Identity);
  BOWLINE_TRY(made->key_, parse_key(private_key, pass_phrase));
  BOWLINE_TRY(const auto exported, public_key_of(made->key_.get()));
  const gnutls_datum_t data = lend(exported);
  gnutls_pcert_st shown{};
  const int code = gnutls_pcert_import_rawpk_raw(&shown, &data, GNUTLS_X509_FMT_DER, 0, 0);
  if (code < 0) return refusal_of(code, loading, "public key");
  made->shown_.push_back(shown);
  made->is_raw_key_ = true;
  return made;
}

Result<std::shared_ptr<Identity>> Identity::from_parts(std::span<const gnutls_x509_crt_t> chain,
                                                       PrivateKeyHandle key) {
  auto made = std::shared_ptr<Identity>(new Identity);
  BOWLINE_TRY(const auto sorted, sorted_from_leaf(chain, key.get()));
  made->key_ = std::move(key);
  made->shown_.reserve(sorted.size());
  for (const gnutls_x509_crt_t certificate : sorted) {
    gnutls_pcert_st shown{};
    const int code = gnutls_pcert_import_x509(&shown, certificate, 0);
    if (code < 0) return refusal_of(code, loading, "certificates");
    made->shown_.push_back(shown);
  }
  made->learn_names(sorted.front());
  return made;
}

Identity::~Identity() {
  for (gnutls_pcert_st& one : shown_) gnutls_pcert_deinit(&one);
}

std::vector<std::vector<std::byte>> Identity::chain() const {
  std::vector<std::vector<std::byte>> made;
  for (const gnutls_pcert_st& one : shown_) {
    const auto bytes = bytes_of(one.cert);
    made.emplace_back(bytes.begin(), bytes.end());
  }
  return made;
}

bool Identity::is_for(std::string_view host) const {
  const std::string wanted = small_letters(host);
  const std::size_t dot = wanted.find('.');
  const std::string any_first_label =
      dot == std::string::npos || dot == 0 ? std::string() : "*" + wanted.substr(dot);
  return std::ranges::any_of(names_, [&](const std::string& name) {
    return name == wanted || (!any_first_label.empty() && name == any_first_label);
  });
}

gnutls_pk_algorithm_t Identity::key_kind() const {
  return static_cast<gnutls_pk_algorithm_t>(gnutls_privkey_get_pk_algorithm(key_.get(), nullptr));
}

void Identity::learn_names(gnutls_x509_crt_t leaf) {
  for (unsigned i = 0;; ++i) {
    std::array<char, 256> name{};
    std::size_t size = name.size();
    const int kind = gnutls_x509_crt_get_subject_alt_name(leaf, i, name.data(), &size, nullptr);
    if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return;
    // Other kinds and names that are too long for DNS match nothing; they are no reason not to go on.
    if (kind == GNUTLS_SAN_DNSNAME) names_.push_back(small_letters({name.data(), size}));
    if (kind < 0 && kind != GNUTLS_E_SHORT_MEMORY_BUFFER) return;
  }
}

namespace {

Result<PrivateKeyHandle> parse_key(std::span<const std::byte> bytes, std::string_view pass_phrase) {
  gnutls_privkey_t fresh = nullptr;
  if (gnutls_privkey_init(&fresh) < 0)
    return refusal_of(GNUTLS_E_MEMORY_ERROR, loading, "private key");
  PrivateKeyHandle key(fresh);
  const gnutls_datum_t data = lend(bytes);
  const std::string phrase(pass_phrase);
  const int code = gnutls_privkey_import_x509_raw(
      fresh, &data, format_of(bytes), pass_phrase.data() == nullptr ? nullptr : phrase.c_str(), 0);
  if (code == GNUTLS_E_DECRYPTION_FAILED) return no_pass_phrase("private key");
  if (code < 0) return refusal_of(code, loading, "private key");
  return key;
}

// From PEM a chain often comes in the wrong order, or with the leaf not first: the key says which is the
// leaf, and issuers follow. What belongs to no link is left out, as some peers refuse it.
Result<std::vector<gnutls_x509_crt_t>> sorted_from_leaf(std::span<const gnutls_x509_crt_t> chain,
                                                        gnutls_privkey_t key) {
  BOWLINE_TRY(const auto wanted, public_key_of(key));
  std::vector<gnutls_x509_crt_t> sorted;
  for (const gnutls_x509_crt_t one : chain) {
    BOWLINE_TRY(const auto found, public_key_of(one));
    if (found == wanted && sorted.empty()) sorted.push_back(one);
  }
  if (sorted.empty())
    return Error(ErrorKind::invalid_argument, loading, "the private key fits no certificate")
        .about("private key");
  while (sorted.size() < own_chain_max) {
    const gnutls_x509_crt_t last = sorted.back();
    const auto next = std::ranges::find_if(chain, [&](gnutls_x509_crt_t one) {
      return std::ranges::count(sorted, one) == 0 && gnutls_x509_crt_check_issuer(last, one) != 0;
    });
    if (next == chain.end()) return sorted;
    sorted.push_back(*next);
  }
  return Error(ErrorKind::limit_exceeded, loading, "the chain has more than 16 certificates")
      .about("certificates");
}

Result<std::vector<std::byte>> public_key_of(gnutls_privkey_t key) {
  gnutls_pubkey_t fresh = nullptr;
  if (gnutls_pubkey_init(&fresh) < 0)
    return refusal_of(GNUTLS_E_MEMORY_ERROR, loading, "public key");
  const PublicKeyHandle handle(fresh);
  const int code = gnutls_pubkey_import_privkey(fresh, key, 0, 0);
  if (code < 0) return refusal_of(code, loading, "private key");
  return export_public_key(fresh);
}

Result<std::vector<std::byte>> public_key_of(gnutls_x509_crt_t certificate) {
  gnutls_pubkey_t fresh = nullptr;
  if (gnutls_pubkey_init(&fresh) < 0)
    return refusal_of(GNUTLS_E_MEMORY_ERROR, loading, "public key");
  const PublicKeyHandle handle(fresh);
  const int code = gnutls_pubkey_import_x509(fresh, certificate, 0);
  if (code < 0) return refusal_of(code, loading, "certificates");
  return export_public_key(fresh);
}

Result<std::vector<std::byte>> export_public_key(gnutls_pubkey_t key) {
  OwnedDatum exported;
  const int code = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, exported.out());
  if (code < 0) return refusal_of(code, loading, "public key");
  return std::vector<std::byte>(exported.bytes().begin(), exported.bytes().end());
}

gnutls_x509_crt_fmt_t format_of(std::span<const std::byte> bytes) {
  return as_text(bytes).find("-----BEGIN") == std::string_view::npos ? GNUTLS_X509_FMT_DER
                                                                     : GNUTLS_X509_FMT_PEM;
}

Error no_pass_phrase(const char* subject) {
  return Error(ErrorKind::invalid_argument, loading,
               "it is encrypted, and the pass phrase does not fit or was not given")
      .about(subject);
}

std::string small_letters(std::string_view text) {
  std::string made(text);
  for (char& letter : made)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return made;
}

}  // namespace

}  // namespace bowline::crypto
