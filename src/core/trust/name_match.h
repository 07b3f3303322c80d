#pragma once

#include <bowline/trust.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/trust/reference_name.h"

namespace bowline::core {

/// Which names of a certificate count, besides those of hosts and addresses.
struct NameRules {
  /// A service such as "xmpp-client": then a certificate may be for "_xmpp-client.example.com" (RFC 4985).
  std::string service;
  /// A scheme such as "sip": then a certificate may be for the URI "sip:example.com" (RFC 6125).
  std::string uri_scheme;
  /// For old private authorities only: without any subjectAltName, the one common name counts, as a whole.
  bool use_common_name = false;
};

/// Whether the certificate is for `reference`: nothing if it is, else name_mismatch, no_names or
/// malformed_name, with the names that it is for.
///
/// A wildcard is a whole first label in front of two or more, and stands for one label. An address is found
/// among addresses only, and never a host among them. A NUL or a control character in any host name condemns
/// the certificate, whether that name would have been needed or not.
///
/// source    RFC 9525 (with RFC 6125 for service and URI)
[[nodiscard]] std::vector<TrustProblem> match_name(const Certificate& leaf,
                                                   const ReferenceName& reference,
                                                   const NameRules& rules);

/// Whether a presented host name, which may be a wildcard, is for `host`.
[[nodiscard]] bool matches_host(std::string_view presented, std::string_view host);

}  // namespace bowline::core
