#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drive/secure/trust/verifier.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// Identities that are replaced while loops on several threads use them.
class IdentitySource {
 public:
  using List = std::vector<std::shared_ptr<ports::TlsIdentity>>;
  void replace(List identities) {
    const std::scoped_lock lock(mutex_);
    identities_ = std::move(identities);
    ++version_;
  }
  [[nodiscard]] List identities() const {
    const std::scoped_lock lock(mutex_);
    return identities_;
  }
  /// Grows with each replace().
  [[nodiscard]] std::uint64_t version() const {
    const std::scoped_lock lock(mutex_);
    return version_;
  }

 private:
  mutable std::mutex mutex_;
  List identities_;
  std::uint64_t version_ = 0;
};

/// What a user's SecurityOptions say. Never changes once a stack was made of them; any loop may use it.
struct SecuritySettings {
  VerifierOptions trust;
  std::vector<ports::TlsVersion> versions = {};  ///< empty = TLS 1.2 and 1.3
  std::vector<ports::TlsCipher> ciphers = {};
  std::vector<ports::TlsGroup> groups = {};
  std::vector<std::string> alpn = {};
  bool requires_alpn = false;
  std::optional<std::string> server_name =
      {};  ///< sent instead of the host's; empty = none is sent
  std::optional<std::string> peer_name =
      {};  ///< that the certificate must be for, instead of the host
  std::vector<std::shared_ptr<ports::TlsIdentity>> identities = {};
  std::shared_ptr<IdentitySource> identity_source = {};  ///< of servers: beside those
  ports::TlsConfiguration::PeerCertificate client_certificate =
      ports::TlsConfiguration::PeerCertificate::none;
  std::vector<ports::TlsPresharedKey> preshared_keys = {};
  /// Of servers; see TlsConfiguration.
  std::function<std::optional<std::vector<std::byte>>(std::string_view name)> find_preshared_key =
      {};
  bool resumes = true;
  std::size_t early_bytes_max = 0;  ///< of servers: how much early data they take
};

}  // namespace bowline::drive
