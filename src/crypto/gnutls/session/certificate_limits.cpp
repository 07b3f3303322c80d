#include "crypto/gnutls/session/certificate_limits.h"

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/library/handles.h"

namespace bowline::crypto {

namespace {

std::vector<std::span<const std::byte>> split(std::span<const std::byte> message, bool is_tls_1_3,
                                              std::size_t most);
std::optional<std::span<const std::byte>> take_long(ByteReader& reader);
std::optional<std::string> complaint_about(std::span<const std::byte> certificate,
                                           std::size_t key_bits_max);
std::optional<std::string> complaint_about(gnutls_pubkey_t key, std::size_t key_bits_max);
std::size_t bits_in(std::span<const std::byte> number);
Error beyond(std::string message);

constexpr std::size_t exponent_bits_max = 32;

}  // namespace

std::optional<Error> check_certificates(std::span<const std::byte> message, bool is_tls_1_3,
                                        const CertificateLimits& limits) {
  const auto certificates = split(message, is_tls_1_3, limits.certificates_max + 1);
  if (certificates.size() > limits.certificates_max)
    return beyond("more than " + std::to_string(limits.certificates_max) + " certificates");
  for (const auto certificate : certificates)
    if (auto complaint = complaint_about(certificate, limits.key_bits_max); complaint.has_value())
      return beyond(*std::move(complaint));
  return std::nullopt;
}

namespace {

std::vector<std::span<const std::byte>> split(std::span<const std::byte> message, bool is_tls_1_3,
                                              std::size_t most) {
  std::vector<std::span<const std::byte>> found;
  ByteReader reader(message);
  if (is_tls_1_3) {
    const auto context = reader.u8();
    if (!context.has_value() || !reader.bytes(*context).has_value()) return found;
  }
  const auto list = take_long(reader);
  if (!list.has_value()) return found;
  ByteReader entries(*list);
  while (!entries.empty() && found.size() < most) {
    const auto one = take_long(entries);
    if (!one.has_value()) return found;
    found.push_back(*one);
    if (!is_tls_1_3) continue;
    const auto extensions = entries.u16();
    if (!extensions.has_value() || !entries.bytes(*extensions).has_value()) return found;
  }
  return found;
}

std::optional<std::span<const std::byte>> take_long(ByteReader& reader) {
  const auto high = reader.u8();
  const auto low = reader.u16();
  if (!high.has_value() || !low.has_value()) return std::nullopt;
  return reader.bytes(std::size_t{*high} << 16 | *low);
}

std::optional<std::string> complaint_about(std::span<const std::byte> certificate,
                                           std::size_t key_bits_max) {
  gnutls_pubkey_t fresh_key = nullptr;
  if (gnutls_pubkey_init(&fresh_key) < 0) return "there is no memory to look at its key";
  const PublicKeyHandle key(fresh_key);
  gnutls_x509_crt_t fresh = nullptr;
  if (gnutls_x509_crt_init(&fresh) < 0) return "there is no memory to look at it";
  const CertificateHandle parsed(fresh);
  const gnutls_datum_t data = lend(certificate);
  if (gnutls_x509_crt_import(fresh, &data, GNUTLS_X509_FMT_DER) >= 0) {
    if (gnutls_pubkey_import_x509(fresh_key, fresh, 0) < 0) return std::nullopt;
  } else if (gnutls_pubkey_import(fresh_key, &data, GNUTLS_X509_FMT_DER) < 0) {
    return std::nullopt;  // neither a certificate nor a bare key
  }
  return complaint_about(fresh_key, key_bits_max);
}

std::optional<std::string> complaint_about(gnutls_pubkey_t key, std::size_t key_bits_max) {
  OwnedDatum modulus;
  OwnedDatum exponent;
  if (gnutls_pubkey_export_rsa_raw(key, modulus.out(), exponent.out()) < 0) return std::nullopt;
  if (bits_in(modulus.bytes()) > key_bits_max)
    return "an RSA key of more than " + std::to_string(key_bits_max) + " bits";
  if (bits_in(exponent.bytes()) > exponent_bits_max)
    return "an RSA key with an exponent of more than 32 bits";
  return std::nullopt;
}

std::size_t bits_in(std::span<const std::byte> number) {
  while (!number.empty() && number.front() == std::byte{}) number = number.subspan(1);
  if (number.empty()) return 0;
  std::size_t bits = 8 * (number.size() - 1);
  for (auto first = std::to_integer<unsigned>(number.front()); first != 0; first >>= 1) ++bits;
  return bits;
}

Error beyond(std::string message) {
  return {ErrorKind::limit_exceeded, ErrorDomain::tls, alert_bad_certificate, "tls handshake",
          "the peer showed " + std::move(message)};
}

}  // namespace

}  // namespace bowline::crypto
