#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/gnutls/library/handles.h"

namespace bowline::crypto::testing {

/// A certificate with its key, both in PEM, and the certificate in DER.
struct TestCertificate {
  std::string pem;
  std::string key_pem;
  std::vector<std::byte> der;
};

enum class TestKey : std::uint8_t { ec, ed25519, rsa };

/// A root made for one test, and leaves that it signs. Valid for all of 2020 to 2039.
///
/// Only for tests: an assert where a call of the library fails.
class TestRoot {
 public:
  explicit TestRoot(TestKey kind = TestKey::ec);
  [[nodiscard]] const std::vector<std::byte>& der() const { return own_.der; }
  [[nodiscard]] const std::string& pem() const { return own_.pem; }
  /// A leaf for these DNS names, for servers and clients. `rsa_bits` is for RSA.
  [[nodiscard]] TestCertificate issue(const std::vector<std::string>& names,
                                      TestKey kind = TestKey::ec, unsigned rsa_bits = 2048) const;

 private:
  TestCertificate own_;
  CertificateHandle certificate_;
  Handle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit> key_;
};

inline void must(int code) {
  assert(code >= 0);
  static_cast<void>(code);
}

inline gnutls_x509_privkey_t new_test_key(TestKey kind, unsigned rsa_bits) {
  gnutls_x509_privkey_t key = nullptr;
  must(gnutls_x509_privkey_init(&key));
  switch (kind) {
    case TestKey::ec:
      must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
      break;
    case TestKey::ed25519:
      must(gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0));
      break;
    case TestKey::rsa: must(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, rsa_bits, 0)); break;
  }
  return key;
}

inline gnutls_x509_crt_t new_test_certificate(gnutls_x509_privkey_t key, std::string_view name) {
  static std::uint32_t serial = 1;
  gnutls_x509_crt_t made = nullptr;
  must(gnutls_x509_crt_init(&made));
  must(gnutls_x509_crt_set_version(made, 3));
  ++serial;
  must(gnutls_x509_crt_set_serial(made, &serial, sizeof serial));
  constexpr std::time_t year_2020 = 1'577'836'800;
  constexpr std::time_t year_2039 = 2'177'452'800;
  must(gnutls_x509_crt_set_activation_time(made, year_2020));
  must(gnutls_x509_crt_set_expiration_time(made, year_2039));
  must(gnutls_x509_crt_set_dn_by_oid(made, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(),
                                     static_cast<unsigned>(name.size())));
  must(gnutls_x509_crt_set_key(made, key));
  return made;
}

inline TestCertificate exported(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key) {
  OwnedDatum pem;
  OwnedDatum der;
  OwnedDatum key_pem;
  must(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, pem.out()));
  must(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, der.out()));
  must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, nullptr, 0, key_pem.out()));
  return {std::string(as_text(pem.bytes())),
          std::string(as_text(key_pem.bytes())),
          {der.bytes().begin(), der.bytes().end()}};
}

inline TestRoot::TestRoot(TestKey kind) : key_(new_test_key(kind, 2048)) {
  certificate_.reset(new_test_certificate(key_.get(), "Bowline test root"));
  must(gnutls_x509_crt_set_basic_constraints(certificate_.get(), 1, -1));
  must(gnutls_x509_crt_set_key_usage(certificate_.get(), GNUTLS_KEY_KEY_CERT_SIGN));
  must(gnutls_x509_crt_sign2(certificate_.get(), certificate_.get(), key_.get(), GNUTLS_DIG_SHA256,
                             0));
  own_ = exported(certificate_.get(), key_.get());
}

inline TestCertificate TestRoot::issue(const std::vector<std::string>& names, TestKey kind,
                                       unsigned rsa_bits) const {
  const Handle<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit> key(new_test_key(kind, rsa_bits));
  const CertificateHandle leaf(
      new_test_certificate(key.get(), names.empty() ? "nobody" : names.front()));
  for (const std::string& name : names)
    must(gnutls_x509_crt_set_subject_alt_name(leaf.get(), GNUTLS_SAN_DNSNAME, name.data(),
                                              static_cast<unsigned>(name.size()),
                                              GNUTLS_FSAN_APPEND));
  must(gnutls_x509_crt_set_basic_constraints(leaf.get(), 0, -1));
  must(gnutls_x509_crt_set_key_usage(leaf.get(), GNUTLS_KEY_DIGITAL_SIGNATURE));
  must(gnutls_x509_crt_set_key_purpose_oid(leaf.get(), GNUTLS_KP_TLS_WWW_SERVER, 0));
  must(gnutls_x509_crt_set_key_purpose_oid(leaf.get(), GNUTLS_KP_TLS_WWW_CLIENT, 0));
  must(gnutls_x509_crt_sign2(leaf.get(), certificate_.get(), key_.get(), GNUTLS_DIG_SHA256, 0));
  return exported(leaf.get(), key.get());
}

}  // namespace bowline::crypto::testing
