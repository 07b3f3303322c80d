#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "drive/loop/service.h"
#include "drive/secure/crypto.h"
#include "drive/secure/replay_guard.h"
#include "drive/secure/security_settings.h"
#include "drive/secure/ticket_store.h"

namespace bowline::drive {

class Loop;

/// What the secure connections of a loop share: the library, what it made of the users' settings,
/// tickets, and the memory that records pass through.
class Security final : public Service {
 public:
  explicit Security(Loop& loop);
  ~Security() override;

  /// What sessions are made with.
  struct Prepared {
    std::shared_ptr<Verifier> verifier;  ///< null for a server that wants no client certificates
    std::shared_ptr<const ports::TlsConfiguration> configuration;
  };
  /// Made once for all settings that are one object, and kept while they live.
  ///
  /// errors    unsupported if this loop has no TLS library, or the transport not the versions
  [[nodiscard]] Result<Prepared> prepare(const std::shared_ptr<const SecuritySettings>& settings,
                                         ports::TlsRole role, ports::TlsTransport transport);

  [[nodiscard]] ports::TlsEngine& engine() { return *crypto_.engine; }
  [[nodiscard]] const ports::CertificateLibrary& certificates() { return *crypto_.certificates; }
  [[nodiscard]] TicketStore& tickets() { return tickets_; }
  /// See key_log.h.
  [[nodiscard]] bool logs_keys() const { return key_log_ != nullptr; }

  /// For ciphertext on its way in or out, in one call of one stream: no call leaves anything there.
  static constexpr std::size_t scratch_bytes = 64 * 1024;
  [[nodiscard]] std::span<std::byte> incoming() { return scratch(incoming_); }
  [[nodiscard]] std::span<std::byte> outgoing() { return scratch(outgoing_); }
  /// For plaintext that is gathered into one record.
  [[nodiscard]] std::span<std::byte> gathered() { return scratch(gathered_); }

 private:
  struct Entry {
    std::weak_ptr<const SecuritySettings> settings;
    ports::TlsRole role;
    ports::TlsTransport transport;
    std::uint64_t identities_version;
    Prepared prepared;
  };
  [[nodiscard]] Result<Prepared> make(const SecuritySettings& settings, ports::TlsRole role,
                                      ports::TlsTransport transport);
  [[nodiscard]] static std::span<std::byte> scratch(std::vector<std::byte>& bytes) {
    if (bytes.empty()) bytes.resize(scratch_bytes);
    return bytes;
  }

  Loop& loop_;
  Crypto crypto_;
  TicketStore tickets_;
  ReplayGuard replay_guard_;
  std::function<void(std::string_view line)> key_log_;
  std::vector<Entry> entries_;
  std::vector<std::byte> incoming_;
  std::vector<std::byte> outgoing_;
  std::vector<std::byte> gathered_;
};

}  // namespace bowline::drive
