#include "core/path/address_reach.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/eyeballs/names/nat64.h"

namespace bowline::core {

namespace {

struct Block {
  std::array<std::uint8_t, 16> octets;
  unsigned length;
};

constexpr std::array<Block, 12> set_aside_v4{{{{0}, 8},
                                              {{10}, 8},
                                              {{100, 64}, 10},
                                              {{127}, 8},
                                              {{169, 254}, 16},
                                              {{172, 16}, 12},
                                              {{192, 0, 0}, 24},
                                              {{192, 88, 99}, 24},
                                              {{192, 168}, 16},
                                              {{198, 18}, 15},
                                              {{224}, 4},
                                              {{240}, 4}}};
constexpr std::array<Block, 6> set_aside_v6{{{{}, 96},            // ::, ::1 and IPv4-compatible
                                             {{0x01, 0x00}, 64},  // discard
                                             {{0xfc}, 7},         // private networks
                                             {{0xfe, 0x80}, 10},  // a link
                                             {{0xfe, 0xc0}, 10},  // a site, which is no more
                                             {{0xff}, 8}}};       // groups

template <std::size_t Count>
bool is_in(const IpAddress& address, const std::array<Block, Count>& blocks) {
  const auto octets = address.octets();
  return std::ranges::any_of(blocks, [&](const Block& block) {
    for (unsigned bit = 0; bit < block.length; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if ((octets[bit / 8] & mask) != (block.octets[bit / 8] & mask)) return false;
    }
    return true;
  });
}

}  // namespace

/// What a translator or 6to4 would deliver to counts as what is inside.
bool is_public(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  if (plain.is_v4()) return !is_in(plain, set_aside_v4);
  static const IpPrefix translated = IpPrefix::parse("64:ff9b::/96").value();
  if (translated.contains(plain)) {
    const auto inside = extract_nat64(translated, plain);
    return inside && is_public(*inside);
  }
  const auto octets = plain.octets();
  if (octets[0] == 0x20 && octets[1] == 0x02)
    return is_public(IpAddress::v4({octets[2], octets[3], octets[4], octets[5]}));
  return !is_in(plain, set_aside_v6);
}

}  // namespace bowline::core
