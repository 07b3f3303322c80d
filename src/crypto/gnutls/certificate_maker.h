#pragma once

#include <memory>

#include "ports/certificate_maker.h"

namespace bowline::crypto {

/// Certificates made with keys and signatures of GnuTLS.
[[nodiscard]] std::unique_ptr<ports::CertificateMaker> make_certificate_maker();

}  // namespace bowline::crypto
