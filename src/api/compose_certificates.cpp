#include "api/compose_certificates.h"

#include "crypto/gnutls/certificate_maker.h"
#include "crypto/gnutls/certificates.h"

namespace bowline {

std::unique_ptr<ports::CertificateLibrary> make_certificate_library() {
  return crypto::make_certificate_library();
}

std::unique_ptr<ports::CertificateMaker> make_certificate_maker() {
  return crypto::make_certificate_maker();
}

}  // namespace bowline
