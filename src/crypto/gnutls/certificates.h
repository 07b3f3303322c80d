#pragma once

#include <memory>

#include "ports/certificates.h"

namespace bowline::crypto {

/// Certificates by GnuTLS. It keeps no state but what GnuTLS keeps for the process.
[[nodiscard]] std::unique_ptr<ports::CertificateLibrary> make_certificate_library();

}  // namespace bowline::crypto
