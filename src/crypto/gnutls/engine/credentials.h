#pragma once

#include <bowline/result.h>

#include "crypto/gnutls/engine/prepared.h"

namespace bowline::crypto {

/// Fills in the credentials of GnuTLS. They hold no key of ours: they ask the session that needs one, by
/// `Session::of()`, and lend what its configuration has.
Result<void> make_credentials(const ports::TlsConfiguration& configuration, ports::TlsRole role,
                              Prepared& into);

/// Tells a GnuTLS session which credentials it may use.
Result<void> set_credentials(gnutls_session_t session, const Prepared& prepared);

}  // namespace bowline::crypto
