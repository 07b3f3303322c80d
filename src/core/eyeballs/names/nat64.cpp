#include "core/eyeballs/names/nat64.h"

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

/// RFC 6052 3.1: the well-known prefix must not stand for what is not global. The documentation ranges are
/// left out, for the RFC's own examples use them.
bool is_global(const IpAddress& v4) {
  const std::array not_global{
      IpPrefix(IpAddress::v4({10, 0, 0, 0}), 8),     IpPrefix(IpAddress::v4({100, 64, 0, 0}), 10),
      IpPrefix(IpAddress::v4({172, 16, 0, 0}), 12),  IpPrefix(IpAddress::v4({192, 0, 0, 0}), 24),
      IpPrefix(IpAddress::v4({192, 168, 0, 0}), 16), IpPrefix(IpAddress::v4({198, 18, 0, 0}), 15),
      IpPrefix(IpAddress::v4({240, 0, 0, 0}), 4)};
  return std::ranges::none_of(not_global,
                              [&](const IpPrefix& prefix) { return prefix.contains(v4); });
}

bool is_well_known(const IpPrefix& prefix) {
  const IpPrefix well_known(IpAddress::v6({0, 0x64, 0xff, 0x9b}), 96);
  return prefix == well_known;
}

bool is_translatable(const IpPrefix& prefix, const IpAddress& v4) {
  if (is_well_known(prefix) && !is_global(v4)) return false;
  const auto octets = v4.octets();
  const bool broadcast =
      std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 255; });
  return octets[0] != 0 && octets[0] != 127 && !(octets[0] == 169 && octets[1] == 254) &&
         !broadcast;
}

}  // namespace

std::optional<IpAddress> synthesise_nat64(const IpPrefix& prefix, const IpAddress& v4) {
  const auto places = octet_places(prefix.length());
  if (!places || !prefix.address().is_v6() || !v4.is_v4() || !is_translatable(prefix, v4))
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
  return is_translatable(prefix, v4) ? std::optional(v4) : std::nullopt;
}

}  // namespace bowline::core
