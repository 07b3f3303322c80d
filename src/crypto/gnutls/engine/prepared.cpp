#include "crypto/gnutls/engine/prepared.h"

#include <algorithm>

#include "crypto/gnutls/engine/credentials.h"
#include "crypto/gnutls/engine/priority.h"
#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

namespace {

using ports::TlsConfiguration;
using ports::TlsRole;

constexpr const char* making_session = "make tls session";
constexpr std::size_t ticket_master_bytes_min = 32;
constexpr std::size_t alpn_names_max = 8;
constexpr std::size_t alpn_name_bytes_max = 31;

Result<void> check_configuration(const TlsConfiguration& configuration, TlsRole role);
Error wrong(const char* field, std::string message);

}  // namespace

Result<std::shared_ptr<const Prepared>> Prepared::make(const TlsConfiguration& configuration,
                                                       TlsRole role) {
  BOWLINE_TRY_VOID(check_configuration(configuration, role));
  auto made = std::make_shared<Prepared>();
  for (const auto& identity : configuration.identities) {
    auto ours = std::dynamic_pointer_cast<Identity>(identity);
    if (ours == nullptr)
      return wrong("identities", "an identity was made by another engine, or is null");
    made->identities.push_back(std::move(ours));
  }
  BOWLINE_TRY(const auto priority, priority_of(configuration, role));
  gnutls_priority_t parsed = nullptr;
  const char* failed_at = "";
  const int code = gnutls_priority_init(&parsed, priority.c_str(), &failed_at);
  if (code < 0)
    return Error(
        ErrorKind::unsupported, making_session,
        "the library refuses what is left of its priorities at: " + std::string(failed_at));
  made->priority.reset(parsed);
  BOWLINE_TRY_VOID(make_credentials(configuration, role, *made));
  return std::shared_ptr<const Prepared>(std::move(made));
}

Result<std::shared_ptr<const Prepared>> PreparedCache::find_or_make(
    const std::shared_ptr<const TlsConfiguration>& configuration, TlsRole role) {
  const std::lock_guard lock(mutex_);
  const Key key(configuration.get(), role);
  if (const auto found = entries_.find(key);
      found != entries_.end() && found->second.configuration.lock() == configuration)
    return found->second.prepared;
  BOWLINE_TRY(auto prepared, Prepared::make(*configuration, role));
  if (entries_.size() >= sweep_at_) sweep();
  entries_.insert_or_assign(key, Entry{configuration, prepared});
  return prepared;
}

void PreparedCache::sweep() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.configuration.expired(); });
  sweep_at_ = std::max<std::size_t>(8, 2 * entries_.size());
}

namespace {

Result<void> check_configuration(const TlsConfiguration& configuration, TlsRole role) {
  const bool has_keys = !configuration.preshared_keys.empty();
  if (configuration.alpn.size() > alpn_names_max)
    return wrong("alpn", "more than 8 protocols cannot be offered");
  for (const std::string& name : configuration.alpn)
    if (name.empty() || name.size() > alpn_name_bytes_max)
      return wrong("alpn", "the name of a protocol has 1 to 31 octets");
  if (configuration.requires_alpn && configuration.alpn.empty())
    return wrong("requires_alpn", "no protocol is named in alpn");
  for (const auto& key : configuration.preshared_keys)
    if (key.name.empty() || key.key.empty())
      return wrong("preshared_keys", "name and key have at least one octet");
  if (role == TlsRole::client) {
    if (configuration.preshared_keys.size() > 1)
      return wrong("preshared_keys", "a client has at most one");
    if (configuration.verifier == nullptr && !has_keys)
      return wrong("verifier", "a client has one, or a pre-shared key");
    return {};
  }
  if (configuration.ticket_keys.has_value() &&
      configuration.ticket_keys->master.size() < ticket_master_bytes_min)
    return wrong("ticket_keys", "the master has at least 32 octets");
  if (configuration.identities.empty() && !has_keys && configuration.find_preshared_key == nullptr)
    return wrong("identities", "a server has one, or a pre-shared key");
  if (configuration.client_certificate != TlsConfiguration::PeerCertificate::none &&
      configuration.verifier == nullptr)
    return wrong("verifier", "who asks for client certificates has one");
  return {};
}

Error wrong(const char* field, std::string message) {
  return Error(ErrorKind::invalid_argument, making_session, std::move(message))
      .about("TlsConfiguration::" + std::string(field));
}

}  // namespace

}  // namespace bowline::crypto
