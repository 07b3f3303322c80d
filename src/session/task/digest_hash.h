#pragma once

#include <string>
#include <string_view>

#include "core/http/rules/challenge.h"

namespace bowline::session {

/// The hashes of the Digest scheme.
[[nodiscard]] std::string digest_hash(core::DigestAlgorithm algorithm, std::string_view text);

}  // namespace bowline::session
