#pragma once

#include <bowline/trust.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trust/path_rules.h"
#include "core/trust/reference_name.h"

namespace bowline::core {

enum class ProtocolFloor : std::uint8_t { tls_1_2, tls_1_3 };

/// What may be weaker for one domain, and why. Each that is made use of is named in the report.
struct PolicyException {
  std::string domain;  ///< lower case, without final dot
  bool with_subdomains = false;
  std::string reason = {};  ///< for the report: "printers until 2027"
  bool plain_text = false;
  bool without_forward_secrecy = false;
  std::optional<ProtocolFloor> protocol = {};
  std::optional<KeyFloor> keys = {};
};

/// What every connection to a named host must have, as App Transport Security asks on phones: encryption, TLS
/// 1.2, forward secrecy, and keys that are strong enough.
struct SecurityPolicy {
  ProtocolFloor protocol = ProtocolFloor::tls_1_2;
  bool needs_forward_secrecy = true;
  KeyFloor keys;
  bool allows_plain_text = false;
  std::vector<PolicyException> exceptions;
};

/// Allowed unless there is a problem; `exceptions` are those without which there would be one.
struct PolicyOutcome {
  std::optional<TrustProblem> problem;
  std::vector<std::string> exceptions;
};

/// Whether this host may be spoken to without encryption. Addresses, single labels, "localhost" and
/// ".local" may: they are this network's own, and have no name that an authority could vouch for.
[[nodiscard]] PolicyOutcome check_plain_text(const SecurityPolicy& policy,
                                             const ReferenceName& name);

/// What a handshake agreed on.
struct AgreedSecurity {
  ProtocolFloor protocol = ProtocolFloor::tls_1_3;  ///< at least this
  bool has_forward_secrecy = true;
};
/// `name` is nothing for a peer without one, such as a client: no exception is for it.
[[nodiscard]] PolicyOutcome check_agreed(const SecurityPolicy& policy,
                                         const std::optional<ReferenceName>& name,
                                         const AgreedSecurity& agreed);

/// The keys that this peer's chain must have at least.
[[nodiscard]] KeyFloor keys_for(const SecurityPolicy& policy,
                                const std::optional<ReferenceName>& name);
/// The exceptions that let these keys pass.
[[nodiscard]] std::vector<std::string> key_exceptions_used(const SecurityPolicy& policy,
                                                           const std::optional<ReferenceName>& name,
                                                           std::span<const Certificate> path);

}  // namespace bowline::core
