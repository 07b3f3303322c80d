#include "core/eyeballs/nat64.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace bowline::core {

namespace {

/// RFC 6052 2.2: where the four octets go, around octet 8, which is reserved; nothing for other
/// lengths.
std::optional<std::array<std::size_t, 4>> octet_places(unsigned prefix_length) {
  constexpr std::array lengths{32u, 40u, 48u, 56u, 64u, 96u};
  if (std::ranges::find(lengths, prefix_length) == lengths.end()) return std::nullopt;
  std::array<std::size_t, 4> places{};
  std::size_t place = prefix_length / 8;
  for (std::size_t& chosen : places) {
    if (place == 8) ++place;
    chosen = place++;
  }
  return places;
}

bool is_translatable(const IpAddress& v4) {
  const auto octets = v4.octets();
  const bool broadcast =
      std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 255; });
  return octets[0] != 0 && octets[0] != 127 && !(octets[0] == 169 && octets[1] == 254) &&
         !broadcast;
}

}  // namespace

std::optional<IpAddress> synthesise_nat64(const IpPrefix& prefix, const IpAddress& v4) {
  const auto places = octet_places(prefix.length());
  if (!places || !prefix.address().is_v6() || !v4.is_v4() || !is_translatable(v4))
    return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(prefix.address().octets(), octets.begin());
  for (std::size_t i = 0; i < 4; ++i) octets[(*places)[i]] = v4.octets()[i];
  return IpAddress::v6(octets);
}

std::optional<IpAddress> extract_nat64(const IpPrefix& prefix, const IpAddress& v6) {
  const auto places = octet_places(prefix.length());
  if (!places || !v6.is_v6() || !prefix.contains(v6)) return std::nullopt;
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i) octets[i] = v6.octets()[(*places)[i]];
  const IpAddress v4 = IpAddress::v4(octets);
  return is_translatable(v4) ? std::optional(v4) : std::nullopt;
}

}  // namespace bowline::core
