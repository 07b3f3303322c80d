#include "crypto/gnutls/hex_digest.h"

#include <gnutls/crypto.h>
#include <nettle/sha2.h>

#include <array>
#include <cstdint>
#include <span>

namespace bowline::crypto {

namespace {

std::string to_hex(std::span<const std::uint8_t> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += digits[octet >> 4U];
    text += digits[octet & 15U];
  }
  return text;
}

template <std::size_t size>
std::string hex_by_gnutls(gnutls_digest_algorithm_t kind, std::string_view text) {
  std::array<std::uint8_t, size> digest{};
  if (gnutls_hash_fast(kind, text.data(), text.size(), digest.data()) != 0) return {};
  return to_hex(digest);
}

}  // namespace

std::string hex_md5(std::string_view text) { return hex_by_gnutls<16>(GNUTLS_DIG_MD5, text); }

std::string hex_sha256(std::string_view text) { return hex_by_gnutls<32>(GNUTLS_DIG_SHA256, text); }

std::string hex_sha512_256(std::string_view text) {
  sha512_ctx context{};
  std::array<std::uint8_t, SHA512_256_DIGEST_SIZE> digest{};
  sha512_256_init(&context);
  sha512_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  sha512_256_digest(&context, digest.size(), digest.data());
  return to_hex(digest);
}

}  // namespace bowline::crypto
