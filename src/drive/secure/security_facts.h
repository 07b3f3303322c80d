#pragma once

#include <bowline/security_report.h>

#include <string>
#include <vector>

#include "drive/secure/security.h"
#include "ports/byte_stream.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// What is known of one session, for its report; borrowed for the call.
struct SessionFacts {
  const ports::TlsFacts& agreed;
  bool is_established = false;
  const TrustReport& trust;
  const std::vector<std::string>& exceptions;  ///< from the policy, those of `trust` apart
};

/// The report on a session of TLS or DTLS; `protocol` is "TLS" or "DTLS". What of the peer's chain does not
/// parse is left out.
[[nodiscard]] SecurityReport describe_security(Security& security, const char* protocol,
                                               const SessionFacts& facts);

/// The same as name and value, for what a layer says of itself.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> security_details(
    const SecurityReport& report);

}  // namespace bowline::drive
