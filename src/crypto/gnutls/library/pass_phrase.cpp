#include "crypto/gnutls/pass_phrase.h"

#include <gnutls/crypto.h>

#include "base/bytes.h"
#include "crypto/gnutls/library/handles.h"

namespace bowline::crypto {

Result<std::vector<std::byte>> stretch_pass_phrase(std::string_view phrase, std::string_view salt,
                                                   unsigned rounds) {
  constexpr std::size_t key_bytes = 32;
  const gnutls_datum_t phrase_datum = lend(as_bytes(phrase));
  const gnutls_datum_t salt_datum = lend(as_bytes(salt));
  std::vector<std::byte> key(key_bytes);
  const int code =
      gnutls_pbkdf2(GNUTLS_MAC_SHA256, &phrase_datum, &salt_datum, rounds, key.data(), key.size());
  if (code < 0)
    return Error(ErrorKind::internal, ErrorDomain::tls, code, "make key", gnutls_strerror(code));
  return key;
}

}  // namespace bowline::crypto
