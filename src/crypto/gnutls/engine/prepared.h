#pragma once

#include <bowline/result.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "crypto/gnutls/engine/identity.h"
#include "crypto/gnutls/library/handles.h"
#include "ports/tls_engine.h"

namespace bowline::crypto {

/// What GnuTLS needs for one configuration in one role: made once, shared by all its sessions, and not freed
/// before the last of them, as GnuTLS only borrows it.
///
/// thread    any: nothing in it changes after it was made
struct Prepared {
  static Result<std::shared_ptr<const Prepared>> make(const ports::TlsConfiguration& configuration,
                                                      ports::TlsRole role);

  std::vector<std::shared_ptr<Identity>> identities;
  PriorityHandle priority;
  CertificateCredentials certificates;
  PskClientCredentials client_keys;  ///< of clients with a pre-shared key
  PskServerCredentials server_keys;  ///< of servers that know some
  AntiReplayHandle anti_replay;      ///< of servers that take early data
};

/// Keeps what was prepared for a configuration as long as that lives, or a little longer.
///
/// thread    any
class PreparedCache {
 public:
  Result<std::shared_ptr<const Prepared>> find_or_make(
      const std::shared_ptr<const ports::TlsConfiguration>& configuration, ports::TlsRole role);

 private:
  struct Entry {
    std::weak_ptr<const ports::TlsConfiguration> configuration;  ///< the address may be used again
    std::shared_ptr<const Prepared> prepared;
  };
  using Key = std::pair<const ports::TlsConfiguration*, ports::TlsRole>;
  void sweep();

  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::size_t sweep_at_ = 8;  ///< entries, before those of configurations that are gone are dropped
};

}  // namespace bowline::crypto
