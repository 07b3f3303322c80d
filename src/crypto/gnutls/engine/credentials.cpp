#include "crypto/gnutls/engine/credentials.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/session/session.h"

namespace bowline::crypto {

namespace {

int lend_identity(gnutls_session_t session, const gnutls_cert_retr_st* request,
                  gnutls_pcert_st** certificates, unsigned* count, gnutls_ocsp_data_st** staples,
                  unsigned* staple_count, gnutls_privkey_t* key, unsigned* flags);
int give_client_key(gnutls_session_t session, gnutls_datum_t* name, gnutls_datum_t* key);
int give_server_key(gnutls_session_t session, const gnutls_datum_t* name, gnutls_datum_t* key);
const Identity* choose_for_client(const Session& session, const gnutls_cert_retr_st& request);
const Identity* choose_for_server(gnutls_session_t handle, const Session& session);
bool peer_takes(gnutls_session_t handle, const Identity& identity);
std::optional<std::vector<std::byte>> find_key(const ports::TlsConfiguration& configuration,
                                               std::string_view name);
bool copy_out(std::span<const std::byte> bytes, gnutls_datum_t* into);

Result<void> make_anti_replay(const ports::TlsConfiguration& configuration, Prepared& into);
int admit(void* guard, time_t until, const gnutls_datum_t* id, const gnutls_datum_t* data);

constexpr const char* of_credentials = "make tls session";

}  // namespace

Result<void> make_credentials(const ports::TlsConfiguration& configuration, ports::TlsRole role,
                              Prepared& into) {
  gnutls_certificate_credentials_t certificates = nullptr;
  if (const int code = gnutls_certificate_allocate_credentials(&certificates); code < 0)
    return failure_of(code, of_credentials);
  into.certificates.reset(certificates);
  gnutls_certificate_set_retrieve_function3(certificates, lend_identity);

  if (role == ports::TlsRole::client && !configuration.preshared_keys.empty()) {
    gnutls_psk_client_credentials_t keys = nullptr;
    if (const int code = gnutls_psk_allocate_client_credentials(&keys); code < 0)
      return failure_of(code, of_credentials);
    into.client_keys.reset(keys);
    gnutls_psk_set_client_credentials_function2(keys, give_client_key);
  }
  if (role == ports::TlsRole::server &&
      (!configuration.preshared_keys.empty() || configuration.find_preshared_key != nullptr)) {
    gnutls_psk_server_credentials_t keys = nullptr;
    if (const int code = gnutls_psk_allocate_server_credentials(&keys); code < 0)
      return failure_of(code, of_credentials);
    into.server_keys.reset(keys);
    gnutls_psk_set_server_credentials_function2(keys, give_server_key);
    if (!configuration.preshared_key_hint.empty())
      gnutls_psk_set_server_credentials_hint(keys, configuration.preshared_key_hint.c_str());
  }
  if (role == ports::TlsRole::server) return make_anti_replay(configuration, into);
  return {};
}

Result<void> set_credentials(gnutls_session_t session, const Prepared& prepared) {
  int code = 0;
  if (prepared.client_keys == nullptr || !prepared.identities.empty())
    code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, prepared.certificates.get());
  if (code >= 0 && prepared.client_keys != nullptr)
    code = gnutls_credentials_set(session, GNUTLS_CRD_PSK, prepared.client_keys.get());
  if (code >= 0 && prepared.server_keys != nullptr)
    code = gnutls_credentials_set(session, GNUTLS_CRD_PSK, prepared.server_keys.get());
  if (code < 0) return failure_of(code, of_credentials);
  return {};
}

namespace {

int lend_identity(gnutls_session_t session, const gnutls_cert_retr_st* request,
                  gnutls_pcert_st** certificates, unsigned* count, gnutls_ocsp_data_st** staples,
                  unsigned* staple_count, gnutls_privkey_t* key, unsigned* flags) {
  const Session& ours = Session::of(session);
  const Identity* identity = ours.role() == ports::TlsRole::client
                                 ? choose_for_client(ours, *request)
                                 : choose_for_server(session, ours);
  *certificates = nullptr;
  *count = 0;
  *staples = nullptr;
  *staple_count = 0;
  *key = nullptr;
  *flags = 0;
  if (identity == nullptr) return 0;
  *certificates = identity->shown().data();
  *count = static_cast<unsigned>(identity->shown().size());
  *key = identity->key();
  return 0;
}

const Identity* choose_for_client(const Session& session, const gnutls_cert_retr_st& request) {
  const std::span kinds(request.pk_algos, request.pk_algos_length);
  const bool takes_raw_key =
      gnutls_certificate_type_get2(session.handle(), GNUTLS_CTYPE_CLIENT) == GNUTLS_CRT_RAWPK;
  for (const auto& identity : session.prepared().identities)
    if (identity->is_raw_key() == takes_raw_key &&
        (kinds.empty() || std::ranges::count(kinds, identity->key_kind()) > 0))
      return identity.get();
  return nullptr;
}

// By name first, as a certificate for another name is refused for certain; among those by what the client
// can check, which lets a server have an ECDSA and an RSA certificate for one name.
const Identity* choose_for_server(gnutls_session_t handle, const Session& session) {
  const bool gives_raw_key =
      gnutls_certificate_type_get2(handle, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_RAWPK;
  const std::string name = session.requested_name();
  const Identity* best = nullptr;
  int best_rank = -1;
  for (const auto& identity : session.prepared().identities) {
    if (identity->is_raw_key() != gives_raw_key) continue;
    const int rank =
        (!name.empty() && identity->is_for(name) ? 2 : 0) + (peer_takes(handle, *identity) ? 1 : 0);
    if (rank <= best_rank) continue;
    best = identity.get();
    best_rank = rank;
  }
  return best;
}

bool peer_takes(gnutls_session_t handle, const Identity& identity) {
  for (std::size_t i = 0;; ++i) {
    gnutls_sign_algorithm_t signature{};
    if (gnutls_sign_algorithm_get_requested(handle, i, &signature) < 0) return false;
    if (gnutls_sign_supports_pk_algorithm(signature, identity.key_kind()) != 0) return true;
  }
}

int give_client_key(gnutls_session_t session, gnutls_datum_t* name, gnutls_datum_t* key) {
  const auto& keys = Session::of(session).configuration().preshared_keys;
  if (keys.empty()) return -1;
  if (!copy_out(as_bytes(keys.front().name), name)) return -1;
  return copy_out(keys.front().key, key) ? 0 : -1;
}

// 1 means an unknown name to GnuTLS, which then goes on with a random key: the peer sees no difference to a
// wrong one.
int give_server_key(gnutls_session_t session, const gnutls_datum_t* name, gnutls_datum_t* key) {
  const auto found = find_key(Session::of(session).configuration(), as_text(bytes_of(*name)));
  if (!found.has_value() || found->empty()) {
    *key = {};
    return 1;
  }
  return copy_out(*found, key) ? 0 : -1;
}

std::optional<std::vector<std::byte>> find_key(const ports::TlsConfiguration& configuration,
                                               std::string_view name) {
  for (const auto& known : configuration.preshared_keys)
    if (known.name == name) return known.key;
  if (configuration.find_preshared_key == nullptr) return std::nullopt;
  return configuration.find_preshared_key(name);
}

Result<void> make_anti_replay(const ports::TlsConfiguration& configuration, Prepared& into) {
  if (configuration.early_bytes_max == 0 || configuration.replay_guard == nullptr ||
      !configuration.ticket_keys.has_value())
    return {};
  gnutls_anti_replay_t fresh = nullptr;
  if (const int code = gnutls_anti_replay_init(&fresh); code < 0)
    return failure_of(code, of_credentials);
  into.anti_replay.reset(fresh);
  gnutls_anti_replay_set_ptr(fresh, configuration.replay_guard);
  gnutls_anti_replay_set_add_function(fresh, admit);
  return {};
}

int admit(void* guard, time_t until, const gnutls_datum_t* id, const gnutls_datum_t*) {
  const Duration left = std::chrono::seconds(until) - library_wall_time();
  return static_cast<ports::TlsReplayGuard*>(guard)->admit(bytes_of(*id), bounded(left))
             ? 0
             : GNUTLS_E_DB_ENTRY_EXISTS;
}

bool copy_out(std::span<const std::byte> bytes, gnutls_datum_t* into) {
  into->data = static_cast<unsigned char*>(gnutls_malloc(bytes.size()));
  if (into->data == nullptr) return false;
  std::memcpy(into->data, bytes.data(), bytes.size());
  into->size = static_cast<unsigned>(bytes.size());
  return true;
}

}  // namespace

}  // namespace bowline::crypto
