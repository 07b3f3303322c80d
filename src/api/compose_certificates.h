#pragma once

#include <memory>

#include "ports/certificate_maker.h"
#include "ports/certificates.h"

namespace bowline {

/// The library that reads, checks and makes certificates in this build. They keep nothing.
[[nodiscard]] std::unique_ptr<ports::CertificateLibrary> make_certificate_library();
[[nodiscard]] std::unique_ptr<ports::CertificateMaker> make_certificate_maker();

}  // namespace bowline
