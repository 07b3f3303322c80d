#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/result.h>
#include <bowline/security.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

enum class Protection : std::uint8_t { none, tls, dtls };

/// What the command line says about TLS, and what follows from it and from the port or URL.
struct SecurityChoice {
  Protection protection = Protection::none;
  SecurityOptions options;
  /// Sentences that a user should see before anything happens: nothing is checked, a key lies open ...
  std::vector<std::string> warnings;
};

/// For one that connects. An option about TLS means TLS; so does a scheme, and a port if there is no known
/// scheme.
///
/// errors    invalid_argument for what contradicts itself or does not parse; those of the files that are
///           named
[[nodiscard]] Result<SecurityChoice> choose_security(const Invocation& invocation,
                                                     const Endpoint& remote);

/// For a listener, which speaks TLS if it has a certificate or a key to show.
[[nodiscard]] Result<SecurityChoice> choose_listener_security(const Invocation& invocation,
                                                              const Endpoint& local);

}  // namespace bowline::cli
