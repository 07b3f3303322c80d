#pragma once

#include <bowline/result.h>

#include <string>

#include "ports/tls_engine.h"

namespace bowline::crypto {

/// The priority string of GnuTLS that says what a configuration allows, and nothing else: forward secrecy,
/// authenticated encryption, no SHA-1.
///
/// errors    unsupported, naming what this library or this transport cannot do
[[nodiscard]] Result<std::string> priority_of(const ports::TlsConfiguration& configuration,
                                              ports::TlsRole role);

}  // namespace bowline::crypto
