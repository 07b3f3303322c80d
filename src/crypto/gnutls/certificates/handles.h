#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

namespace bowline::crypto {

struct CloseCertificate {
  void operator()(gnutls_x509_crt_t certificate) const { gnutls_x509_crt_deinit(certificate); }
};
/// A certificate in GnuTLS's form. Reading one from several threads is fine.
using ParsedCertificate =
    std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, CloseCertificate>;

/// Memory that GnuTLS gave, freed at the end.
class GivenBytes {
 public:
  GivenBytes() = default;
  GivenBytes(const GivenBytes&) = delete;
  GivenBytes& operator=(const GivenBytes&) = delete;
  ~GivenBytes() { gnutls_free(datum_.data); }
  [[nodiscard]] gnutls_datum_t* out() { return &datum_; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(datum_.data), datum_.size};
  }
  [[nodiscard]] std::string text() const {
    return {reinterpret_cast<const char*>(datum_.data), datum_.size};
  }

 private:
  gnutls_datum_t datum_{nullptr, 0};
};

/// For GnuTLS to read; it does not write there.
[[nodiscard]] inline gnutls_datum_t datum_of(std::span<const std::byte> bytes) {
  auto* const data = const_cast<std::byte*>(bytes.data());
  return {reinterpret_cast<unsigned char*>(data), static_cast<unsigned>(bytes.size())};
}

/// Nothing if GnuTLS cannot read it.
[[nodiscard]] inline ParsedCertificate import_certificate(std::span<const std::byte> der) {
  gnutls_x509_crt_t certificate = nullptr;
  if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) return nullptr;
  ParsedCertificate handle(certificate);
  const gnutls_datum_t datum = datum_of(der);
  if (gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS)
    return nullptr;
  return handle;
}

}  // namespace bowline::crypto
