#include "crypto/gnutls/engine/priority.h"

#include <algorithm>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "crypto/gnutls/engine/identity.h"
#include "crypto/gnutls/library/library.h"

namespace bowline::crypto {

namespace {

using ports::TlsCipher;
using ports::TlsConfiguration;
using ports::TlsGroup;
using ports::TlsTransport;
using ports::TlsVersion;

Result<std::vector<TlsVersion>> versions_of(const TlsConfiguration& configuration);
std::vector<TlsCipher> ciphers_of(const TlsConfiguration& configuration);
Result<std::string> groups_of(const TlsConfiguration& configuration);
std::string kinds_of_key_exchange(const TlsConfiguration& configuration, ports::TlsRole role);
std::string kinds_of_certificates(const TlsConfiguration& configuration, ports::TlsRole role);
bool encrypts_aes_quickly();
const char* keyword(TlsVersion version);
const char* keyword(TlsCipher cipher);
const char* keyword(TlsGroup group);

// In this order a server with several keys is asked for the quickest.
constexpr const char* signatures =
    ":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-EDDSA-ED25519"
    ":+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384"
    ":+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-ECDSA-SHA512"
    ":+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-SHA256:+SIGN-RSA-SHA256"
    ":+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-SHA384:+SIGN-RSA-SHA384"
    ":+SIGN-RSA-PSS-RSAE-SHA512:+SIGN-RSA-PSS-SHA512:+SIGN-RSA-SHA512";

}  // namespace

Result<std::string> priority_of(const TlsConfiguration& configuration, ports::TlsRole role) {
  std::string made = "NONE:+COMP-NULL";
  BOWLINE_TRY(const auto versions, versions_of(configuration));
  for (const TlsVersion version : versions) made += std::string(":+") + keyword(version);
  for (const TlsCipher cipher : ciphers_of(configuration))
    made += std::string(":+") + keyword(cipher);
  made += ":+AEAD";
  made += kinds_of_key_exchange(configuration, role);
  BOWLINE_TRY(const auto groups, groups_of(configuration));
  made += groups;
  made += signatures;
  made += ":%PROFILE_MEDIUM";
  if (configuration.transport == TlsTransport::quic) made += ":%DISABLE_TLS13_COMPAT_MODE";
  return made;
}

namespace {

Result<std::vector<TlsVersion>> versions_of(const TlsConfiguration& configuration) {
  std::vector<TlsVersion> possible;
  switch (configuration.transport) {
    case TlsTransport::stream: possible = {TlsVersion::tls_1_3, TlsVersion::tls_1_2}; break;
    case TlsTransport::datagrams: possible = {TlsVersion::dtls_1_2}; break;
    case TlsTransport::quic: possible = {TlsVersion::tls_1_3}; break;
  }
  if (configuration.versions.empty()) return possible;
  for (const TlsVersion wanted : configuration.versions)
    if (std::ranges::count(possible, wanted) == 0)
      return Error(ErrorKind::unsupported, "make tls session",
                   "this version of TLS does not run on this transport")
          .about("TlsConfiguration::versions");
  std::erase_if(possible, [&](TlsVersion version) {
    return std::ranges::count(configuration.versions, version) == 0;
  });
  return possible;
}

std::vector<TlsCipher> ciphers_of(const TlsConfiguration& configuration) {
  if (!configuration.ciphers.empty()) return configuration.ciphers;
  if (encrypts_aes_quickly())
    return {TlsCipher::aes_128_gcm, TlsCipher::aes_256_gcm, TlsCipher::chacha20_poly1305};
  return {TlsCipher::chacha20_poly1305, TlsCipher::aes_128_gcm, TlsCipher::aes_256_gcm};
}

Result<std::string> groups_of(const TlsConfiguration& configuration) {
  std::string made;
  if (configuration.groups.empty()) {
    for (const TlsGroup group : {TlsGroup::x25519, TlsGroup::secp256r1, TlsGroup::secp384r1})
      made += std::string(":+") + keyword(group);
    // Behind the others: who wants it first says so, as its key share alone fills a packet.
    static const bool has_hybrid = library_knows(keyword(TlsGroup::x25519_mlkem768));
    if (has_hybrid) made.append(":+").append(keyword(TlsGroup::x25519_mlkem768));
    return made;
  }
  for (const TlsGroup group : configuration.groups) {
    if (!library_knows(keyword(group)))
      return Error(ErrorKind::unsupported, "make tls session",
                   library_name() + " has no " + keyword(group))
          .about("TlsConfiguration::groups");
    made += std::string(":+") + keyword(group);
  }
  return made;
}

// A pre-shared key excludes certificates on a client, so that a server that does not know the key cannot
// pass with a certificate instead.
std::string kinds_of_key_exchange(const TlsConfiguration& configuration, ports::TlsRole role) {
  std::string made;
  const bool is_client = role == ports::TlsRole::client;
  const bool has_keys = !configuration.preshared_keys.empty() ||
                        (!is_client && configuration.find_preshared_key != nullptr);
  if (has_keys) made += ":+ECDHE-PSK";
  if (is_client ? !has_keys : !configuration.identities.empty()) made += ":+ECDHE-ECDSA:+ECDHE-RSA";
  return made + kinds_of_certificates(configuration, role);
}

// Each side says what it may show and what it takes; bare keys first, as who has them means them.
std::string kinds_of_certificates(const TlsConfiguration& configuration, ports::TlsRole role) {
  const bool is_client = role == ports::TlsRole::client;
  const auto is_raw = [](const auto& identity) {
    const auto* ours = dynamic_cast<const Identity*>(identity.get());
    return ours != nullptr && ours->is_raw_key();
  };
  const bool shows_raw = std::ranges::any_of(configuration.identities, is_raw);
  const bool shows_chain =
      !std::ranges::all_of(configuration.identities, is_raw) || configuration.identities.empty();
  const bool takes_raw = configuration.takes_raw_keys;
  std::string made;
  if (is_client ? takes_raw : shows_raw) made += ":+CTYPE-SRV-RAWPK";
  if (is_client || shows_chain) made += ":+CTYPE-SRV-X509";
  if (is_client ? shows_raw : takes_raw) made += ":+CTYPE-CLI-RAWPK";
  if (is_client ? shows_chain : true) made += ":+CTYPE-CLI-X509";
  return made;
}

bool encrypts_aes_quickly() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__)
  const unsigned long abilities = ::getauxval(AT_HWCAP);
  constexpr unsigned long aes = 1UL << 3;
  constexpr unsigned long pmull = 1UL << 4;
  return (abilities & aes) != 0 && (abilities & pmull) != 0;
#else
  return false;
#endif
}

const char* keyword(TlsVersion version) {
  switch (version) {
    case TlsVersion::tls_1_2: return "VERS-TLS1.2";
    case TlsVersion::tls_1_3: return "VERS-TLS1.3";
    case TlsVersion::dtls_1_2: return "VERS-DTLS1.2";
  }
  return "";
}

const char* keyword(TlsCipher cipher) {
  switch (cipher) {
    case TlsCipher::aes_128_gcm: return "AES-128-GCM";
    case TlsCipher::aes_256_gcm: return "AES-256-GCM";
    case TlsCipher::chacha20_poly1305: return "CHACHA20-POLY1305";
  }
  return "";
}

const char* keyword(TlsGroup group) {
  switch (group) {
    case TlsGroup::x25519: return "GROUP-X25519";
    case TlsGroup::secp256r1: return "GROUP-SECP256R1";
    case TlsGroup::secp384r1: return "GROUP-SECP384R1";
    case TlsGroup::x25519_mlkem768: return "GROUP-X25519-MLKEM768";
  }
  return "";
}

}  // namespace

}  // namespace bowline::crypto
