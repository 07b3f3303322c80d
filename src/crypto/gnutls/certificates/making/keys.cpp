#include "crypto/gnutls/certificates/making/keys.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include <array>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/der_reader.h"
#include "crypto/gnutls/certificates/handles.h"

namespace bowline::crypto {

namespace {

struct PublicKeyCloser {
  void operator()(gnutls_pubkey_t key) const { gnutls_pubkey_deinit(key); }
};
struct StoredKeyCloser {
  void operator()(gnutls_x509_privkey_t key) const { gnutls_x509_privkey_deinit(key); }
};
using StoredKey = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, StoredKeyCloser>;

Error key_error(int code) { return Error(ErrorKind::internal, "make key", gnutls_strerror(code)); }

Result<PrivateKey> new_key() {
  gnutls_privkey_t made = nullptr;
  if (const int code = gnutls_privkey_init(&made); code != GNUTLS_E_SUCCESS) return key_error(code);
  return PrivateKey(made);
}

/// Keys go through GnuTLS's stored form, which is the one that can be written as PKCS#8.
Result<PrivateKey> wrap(StoredKey stored) {
  BOWLINE_TRY(PrivateKey key, new_key());
  const int code =
      gnutls_privkey_import_x509(key.get(), stored.get(), GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
  if (code != GNUTLS_E_SUCCESS) return key_error(code);
  static_cast<void>(stored.release());
  return key;
}

Result<StoredKey> new_stored_key() {
  gnutls_x509_privkey_t made = nullptr;
  if (const int code = gnutls_x509_privkey_init(&made); code != GNUTLS_E_SUCCESS)
    return key_error(code);
  return StoredKey(made);
}

struct KeyChoice {
  gnutls_pk_algorithm_t algorithm;
  unsigned bits;
};

KeyChoice choice_for(const ports::CertificatePlan& plan) {
  using Key = ports::CertificatePlan::Key;
  switch (plan.key) {
    case Key::p256: return {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)};
    case Key::p384: return {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)};
    case Key::p224: return {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1)};
    case Key::ed25519: return {GNUTLS_PK_EDDSA_ED25519, 0};
    case Key::rsa: return {GNUTLS_PK_RSA, static_cast<unsigned>(plan.rsa_bits)};
  }
  return {GNUTLS_PK_UNKNOWN, 0};
}

}  // namespace

Result<PrivateKey> generate_key(const ports::CertificatePlan& plan) {
  const KeyChoice choice = choice_for(plan);
  if (choice.algorithm == GNUTLS_PK_RSA && (plan.rsa_bits < 512 || plan.rsa_bits > 8192))
    return Error(ErrorKind::invalid_argument, "make key", "an RSA key has 512 to 8192 bits");
  BOWLINE_TRY(StoredKey stored, new_stored_key());
  const int code =
      gnutls_x509_privkey_generate2(stored.get(), choice.algorithm, choice.bits, 0, nullptr, 0);
  if (code != GNUTLS_E_SUCCESS)
    return Error(ErrorKind::unsupported, "make key", gnutls_strerror(code));
  return wrap(std::move(stored));
}

Result<PrivateKey> read_key(const std::string& pem) {
  BOWLINE_TRY(StoredKey stored, new_stored_key());
  const gnutls_datum_t datum = datum_of(as_bytes(pem));
  const int code = gnutls_x509_privkey_import2(stored.get(), &datum, GNUTLS_X509_FMT_PEM, nullptr,
                                               GNUTLS_PKCS_PLAIN);
  if (code != GNUTLS_E_SUCCESS)
    return Error(ErrorKind::malformed, "read key", gnutls_strerror(code));
  return wrap(std::move(stored));
}

Result<std::string> write_key(const PrivateKey& key) {
  gnutls_x509_privkey_t exported = nullptr;
  int code = gnutls_privkey_export_x509(key.get(), &exported);
  const StoredKey stored(exported);
  if (code != GNUTLS_E_SUCCESS) return key_error(code);
  GivenBytes text;
  code = gnutls_x509_privkey_export2_pkcs8(stored.get(), GNUTLS_X509_FMT_PEM, nullptr,
                                           GNUTLS_PKCS_PLAIN, text.out());
  if (code != GNUTLS_E_SUCCESS) return key_error(code);
  return text.text();
}

Result<DerBytes> public_key_of(const PrivateKey& key) {
  gnutls_pubkey_t made = nullptr;
  int code = gnutls_pubkey_init(&made);
  const std::unique_ptr<std::remove_pointer_t<gnutls_pubkey_t>, PublicKeyCloser> owner(made);
  if (code == GNUTLS_E_SUCCESS) code = gnutls_pubkey_import_privkey(made, key.get(), 0, 0);
  GivenBytes der;
  if (code == GNUTLS_E_SUCCESS) code = gnutls_pubkey_export2(made, GNUTLS_X509_FMT_DER, der.out());
  if (code != GNUTLS_E_SUCCESS) return key_error(code);
  return DerBytes(der.bytes().begin(), der.bytes().end());
}

Result<DerBytes> imaginary_key(std::size_t bits) {
  if (bits < 512 || bits > 65536 || bits % 8 != 0)
    return Error(ErrorKind::invalid_argument, "make key", "512 to 65536 bits, by octets");
  DerBytes modulus(bits / 8);
  const int code = gnutls_rnd(GNUTLS_RND_NONCE, modulus.data(), modulus.size());
  if (code != GNUTLS_E_SUCCESS) return key_error(code);
  modulus.front() |= std::byte{0x80};
  modulus.back() |= std::byte{1};
  const DerBytes key = der_sequence({der_number(modulus), der_number(65537)});
  return der_sequence(
      {der_sequence({*der_oid("1.2.840.113549.1.1.1"), der_item(der_tag::null, {})}),
       der_bits(key)});
}

Result<SigningAlgorithm> algorithm_for(const PrivateKey& key, bool weak) {
  unsigned bits = 0;
  const int kind = gnutls_privkey_get_pk_algorithm(key.get(), &bits);
  const auto with = [](gnutls_sign_algorithm_t algorithm, const char* oid, bool has_null) {
    DerBytes content = *der_oid(oid);
    if (has_null) append(content, der_item(der_tag::null, {}));
    return SigningAlgorithm{algorithm, der_item(der_tag::sequence, content)};
  };
  if (kind == GNUTLS_PK_RSA)
    return weak ? with(GNUTLS_SIGN_RSA_SHA1, "1.2.840.113549.1.1.5", true)
                : with(GNUTLS_SIGN_RSA_SHA256, "1.2.840.113549.1.1.11", true);
  if (kind == GNUTLS_PK_ECDSA)
    return weak ? with(GNUTLS_SIGN_ECDSA_SHA1, "1.2.840.10045.4.1", false)
                : with(GNUTLS_SIGN_ECDSA_SHA256, "1.2.840.10045.4.3.2", false);
  if (kind == GNUTLS_PK_EDDSA_ED25519 && !weak)
    return with(GNUTLS_SIGN_EDDSA_ED25519, "1.3.101.112", false);
  return Error(ErrorKind::unsupported, "sign", "this key makes no such signature");
}

Result<DerBytes> sign(const PrivateKey& key, const SigningAlgorithm& algorithm,
                      std::span<const std::byte> bytes) {
  const gnutls_datum_t datum = datum_of(bytes);
  GivenBytes signature;
  const int code =
      gnutls_privkey_sign_data2(key.get(), algorithm.algorithm, 0, &datum, signature.out());
  if (code != GNUTLS_E_SUCCESS) return Error(ErrorKind::internal, "sign", gnutls_strerror(code));
  return DerBytes(signature.bytes().begin(), signature.bytes().end());
}

}  // namespace bowline::crypto
