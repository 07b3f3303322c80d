#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace bowline::crypto {

template <auto free_function>
struct FreeWith {
  template <class Pointed>
  void operator()(Pointed* pointer) const {
    free_function(pointer);
  }
};

/// Owns what GnuTLS allocated; `gnutls_session_t` and the like are pointers.
template <class Pointer, auto free_function>
using Handle = std::unique_ptr<std::remove_pointer_t<Pointer>, FreeWith<free_function>>;

using SessionHandle = Handle<gnutls_session_t, gnutls_deinit>;
using PriorityHandle = Handle<gnutls_priority_t, gnutls_priority_deinit>;
using CertificateCredentials =
    Handle<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using PskClientCredentials =
    Handle<gnutls_psk_client_credentials_t, gnutls_psk_free_client_credentials>;
using PskServerCredentials =
    Handle<gnutls_psk_server_credentials_t, gnutls_psk_free_server_credentials>;
using AntiReplayHandle = Handle<gnutls_anti_replay_t, gnutls_anti_replay_deinit>;
using PrivateKeyHandle = Handle<gnutls_privkey_t, gnutls_privkey_deinit>;
using PublicKeyHandle = Handle<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using CertificateHandle = Handle<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using PacketHandle = Handle<gnutls_packet_t, gnutls_packet_deinit>;
using Pkcs12Handle = Handle<gnutls_pkcs12_t, gnutls_pkcs12_deinit>;

/// Bytes that GnuTLS allocated.
class OwnedDatum {
 public:
  OwnedDatum() = default;
  OwnedDatum(const OwnedDatum&) = delete;
  OwnedDatum& operator=(const OwnedDatum&) = delete;
  ~OwnedDatum() { gnutls_free(datum_.data); }
  [[nodiscard]] gnutls_datum_t* out() { return &datum_; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(datum_.data), datum_.size};
  }

 private:
  gnutls_datum_t datum_{};
};

/// Lends bytes to a call of GnuTLS, which does not write to them.
[[nodiscard]] inline gnutls_datum_t lend(std::span<const std::byte> bytes) {
  return {reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data())),
          static_cast<unsigned>(bytes.size())};
}

[[nodiscard]] inline std::span<const std::byte> bytes_of(const gnutls_datum_t& datum) {
  return {reinterpret_cast<const std::byte*>(datum.data), datum.size};
}

}  // namespace bowline::crypto
