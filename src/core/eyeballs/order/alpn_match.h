#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/eyeballs/race.h"

namespace bowline::core {

/// True if a candidate that speaks `protocol` may go to `service`, for an application that speaks
/// `alpn` (empty = does not care).
///
/// The service's set is what its record lists, and the scheme's default unless the record says
/// otherwise. The default is a TCP protocol that every application of the scheme speaks.
///
/// source    RFC 9460 7.1.2
[[nodiscard]] bool service_speaks(const RaceService& service, CandidateProtocol protocol,
                                  const std::vector<std::string>& alpn);

}  // namespace bowline::core
