#include <gnutls/gnutls.h>
#include <idn2.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "crypto/gnutls/certificates.h"
#include "crypto/gnutls/certificates/describe.h"
#include "crypto/gnutls/certificates/layout.h"
#include "crypto/gnutls/certificates/paths.h"
#include "crypto/gnutls/certificates/roots.h"

namespace bowline::crypto {

namespace {

Result<std::vector<ports::Der>> read_pem(std::string_view text, std::size_t certificates_max);
Result<std::vector<ports::Der>> read_der(std::span<const std::byte> text,
                                         std::size_t certificates_max);

class GnutlsCertificates final : public ports::CertificateLibrary {
 public:
  GnutlsCertificates() : name_(std::string("GnuTLS ") + gnutls_check_version(nullptr)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }

  [[nodiscard]] Result<Certificate> describe(
      std::span<const std::byte> der, const ports::CertificateLimits& limits) const override {
    BOWLINE_TRY(ReadCertificate read, read_certificate(der, limits));
    return std::move(read.described);
  }

  [[nodiscard]] Result<std::vector<ports::Der>> read(std::span<const std::byte> text,
                                                     std::size_t certificates_max) const override {
    if (as_text(text).find("-----BEGIN ") != std::string_view::npos)
      return read_pem(as_text(text), certificates_max);
    return read_der(text, certificates_max);
  }

  [[nodiscard]] std::shared_ptr<const ports::TrustRoots> make_roots(
      std::vector<ports::Der> certificates) const override {
    return std::make_shared<IndexedRoots>(std::move(certificates));
  }

  [[nodiscard]] std::vector<ports::CertificatePath> find_paths(
      const ports::ChainQuestion& question) const override {
    return find_certificate_paths(question);
  }

  [[nodiscard]] Certificate::Digest digest(std::span<const std::byte> bytes) const override {
    return digest_of(bytes);
  }

  [[nodiscard]] Result<std::string> ascii_name(std::string_view name) const override {
    const auto bad = [&](const char* why) {
      return Error(ErrorKind::invalid_argument, "read host name", why).about(std::string(name));
    };
    constexpr std::size_t octets_max = 1024;
    if (name.empty() || name.size() > octets_max || name.find('\0') != std::string_view::npos)
      return bad("it is empty, too long, or holds a NUL");
    char* converted = nullptr;
    const int result = idn2_to_ascii_8z(std::string(name).c_str(), &converted,
                                        IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    const std::unique_ptr<char, void (*)(void*)> owner(converted, idn2_free);
    if (result != IDN2_OK) return bad(idn2_strerror(result));
    return std::string(converted);
  }

 private:
  std::string name_;
};

Error nothing_there() {
  return Error(ErrorKind::malformed, "read certificates", "there is no certificate in it");
}

Error too_many(std::size_t certificates_max) {
  return Error(ErrorKind::limit_exceeded, "read certificates",
               "more than " + std::to_string(certificates_max) + " certificates");
}

/// The blocks of RFC 7468 with this label; what stands between them is for people.
Result<std::vector<ports::Der>> read_pem(std::string_view text, std::size_t certificates_max) {
  constexpr std::string_view begin = "-----BEGIN ";
  std::vector<ports::Der> found;
  std::size_t position = 0;
  while ((position = text.find(begin, position)) != std::string_view::npos) {
    const std::size_t label_start = position + begin.size();
    const std::size_t label_end = text.find("-----", label_start);
    if (label_end == std::string_view::npos) break;
    const std::string label(text.substr(label_start, label_end - label_start));
    const std::string end = "-----END " + label + "-----";
    const std::size_t block_end = text.find(end, label_end);
    position = block_end == std::string_view::npos ? label_end : block_end + end.size();
    // "TRUSTED CERTIFICATE" is OpenSSL's own form, with uses that we would have to honour.
    if (label != "CERTIFICATE" && label != "X509 CERTIFICATE") continue;
    if (block_end == std::string_view::npos)
      return Error(ErrorKind::malformed, "read certificates", "a certificate without its end");
    if (found.size() == certificates_max) return too_many(certificates_max);
    const std::string_view block =
        text.substr(label_start - begin.size(), position - label_start + begin.size());
    const gnutls_datum_t datum = datum_of(as_bytes(block));
    GivenBytes der;
    if (gnutls_pem_base64_decode2(label.c_str(), &datum, der.out()) != GNUTLS_E_SUCCESS)
      return Error(ErrorKind::malformed, "read certificates",
                   "certificate " + std::to_string(found.size()) + " is not in base64");
    found.emplace_back(der.bytes().begin(), der.bytes().end());
  }
  if (found.empty()) return nothing_there();
  return found;
}

Result<std::vector<ports::Der>> read_der(std::span<const std::byte> text,
                                         std::size_t certificates_max) {
  std::vector<ports::Der> found;
  DerReader items(text);
  while (!items.at_end()) {
    if (found.size() == certificates_max) return too_many(certificates_max);
    const auto item = items.expect(der_tag::sequence);
    if (!item || !read_layout(item->whole)) return nothing_there();
    found.emplace_back(item->whole.begin(), item->whole.end());
  }
  if (found.empty()) return nothing_there();
  return found;
}

}  // namespace

std::unique_ptr<ports::CertificateLibrary> make_certificate_library() {
  return std::make_unique<GnutlsCertificates>();
}

}  // namespace bowline::crypto
