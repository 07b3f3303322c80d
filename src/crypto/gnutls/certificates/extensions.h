#pragma once

#include <bowline/detail/trust_facts.h>

#include <cstddef>
#include <span>

namespace bowline::crypto {

/// Reads the extensions of a certificate into its facts, up to `names_max` names, and as many constraints;
/// the rest is counted.
///
/// What does not parse is noted as a fact that condemns the certificate: a broken extension that could have
/// restricted it counts as one that is critical and unknown.
///
/// source    RFC 5280 section 4.2, RFC 7633
void read_extensions(std::span<const std::byte> extensions, std::size_t names_max,
                     Certificate::Facts& facts);

/// The raw octets of the common names in a distinguished name, which may hold anything.
void read_common_names(std::span<const std::byte> name, Certificate::Facts& facts);

}  // namespace bowline::crypto
