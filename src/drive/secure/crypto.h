#pragma once

#include <memory>

#include "ports/certificates.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// The TLS library of a loop, and what reads and checks certificates for it. Made by
/// Loop::make_crypto() for one host, which outlives them, when the first secure stack is used.
struct Crypto {
  std::unique_ptr<ports::TlsEngine> engine;
  std::unique_ptr<ports::CertificateLibrary> certificates;
};

}  // namespace bowline::drive
