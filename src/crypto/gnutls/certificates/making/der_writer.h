#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bowline::crypto {

using DerBytes = std::vector<std::byte>;

/// One item: tag, length and `content`.
[[nodiscard]] DerBytes der_item(std::uint8_t tag, std::span<const std::byte> content);
[[nodiscard]] DerBytes der_text(std::uint8_t tag, std::string_view content);
/// One item around others.
[[nodiscard]] DerBytes der_group(std::uint8_t tag, std::initializer_list<DerBytes> items);
[[nodiscard]] DerBytes der_sequence(std::initializer_list<DerBytes> items);
/// Not negative.
[[nodiscard]] DerBytes der_number(std::uint64_t value);
/// Octets as a number that is not negative.
[[nodiscard]] DerBytes der_number(std::span<const std::byte> octets);
[[nodiscard]] DerBytes der_true();
/// Nothing if the text is no OID.
[[nodiscard]] std::optional<DerBytes> der_oid(std::string_view text);
/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5).
[[nodiscard]] DerBytes der_time(std::chrono::sys_seconds time);
/// As OCSP has it.
[[nodiscard]] DerBytes der_generalized_time(std::chrono::sys_seconds time);
/// A BIT STRING of whole octets.
[[nodiscard]] DerBytes der_bits(std::span<const std::byte> octets);

void append(DerBytes& to, std::span<const std::byte> more);

}  // namespace bowline::crypto
