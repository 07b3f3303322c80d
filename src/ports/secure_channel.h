#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace bowline::ports {

/// What only a secured connection can do beside carrying bytes.
class SecureChannel {
 public:
  /// See TlsSession::export_key.
  [[nodiscard]] virtual Result<std::vector<std::byte>> export_key(
      std::string_view label, std::span<const std::byte> context, std::size_t bytes) = 0;
  /// See TlsSession::update_keys; of both sides.
  [[nodiscard]] virtual Result<void> update_keys() = 0;

 protected:
  ~SecureChannel() = default;
};

}  // namespace bowline::ports
