#pragma once

#include <string>
#include <string_view>

#include <bowline/result.h>

namespace bowline::wire {

/// A domain name (valid UTF-8) in lower case and in its xn-- form, as browsers have it: UTS 46 without
/// transitional mapping, hyphens anywhere. Names over 255 octets that need mapping are refused.
///
/// errors    malformed: a label that IDNA forbids
/// source    URL Standard 3.3 (domain to ASCII); UTS 46; libidn2
[[nodiscard]] Result<std::string> domain_to_ascii(std::string_view domain);

}  // namespace bowline::wire
