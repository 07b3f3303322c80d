#pragma once

#include <bowline/result.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/gnutls/library/handles.h"
#include "ports/tls_engine.h"

namespace bowline::crypto {

/// A chain with its key, or a bare key, in the form in which GnuTLS borrows them during a handshake.
///
/// thread    any: nothing in it changes after it was made
class Identity final : public ports::TlsIdentity {
 public:
  static Result<std::shared_ptr<Identity>> from_chain(std::span<const std::byte> certificates,
                                                      std::span<const std::byte> private_key,
                                                      std::string_view pass_phrase);
  static Result<std::shared_ptr<Identity>> from_pkcs12(std::span<const std::byte> store,
                                                       std::string_view pass_phrase);
  static Result<std::shared_ptr<Identity>> from_raw_key(std::span<const std::byte> private_key,
                                                        std::string_view pass_phrase);
  ~Identity() override;
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  [[nodiscard]] std::vector<std::vector<std::byte>> chain() const override;

  [[nodiscard]] bool is_raw_key() const { return is_raw_key_; }
  /// Whether the leaf is for this host name: an exact name, or a wildcard for its first label.
  [[nodiscard]] bool is_for(std::string_view host) const;
  [[nodiscard]] gnutls_pk_algorithm_t key_kind() const;

  // For GnuTLS, which writes to neither but has no const in its signatures.
  [[nodiscard]] std::span<gnutls_pcert_st> shown() const { return shown_; }
  [[nodiscard]] gnutls_privkey_t key() const { return key_.get(); }

 private:
  Identity() = default;
  static Result<std::shared_ptr<Identity>> from_parts(std::span<const gnutls_x509_crt_t> chain,
                                                      PrivateKeyHandle key);
  void learn_names(gnutls_x509_crt_t leaf);

  mutable std::vector<gnutls_pcert_st> shown_;
  PrivateKeyHandle key_;
  std::vector<std::string> names_;  ///< in small letters
  bool is_raw_key_ = false;
};

}  // namespace bowline::crypto
