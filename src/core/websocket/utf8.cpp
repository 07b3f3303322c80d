#include "core/websocket/utf8.h"

#include <cstring>

namespace bowline::core {

namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080;

/// How many octets at the front are ASCII, in steps of eight.
std::size_t count_ascii(const std::byte* bytes, std::size_t size) {
  std::size_t count = 0;
  while (size - count >= 4 * sizeof(std::uint64_t)) {
    std::uint64_t words[4];
    std::memcpy(words, bytes + count, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0) break;
    count += sizeof words;
  }
  while (size - count >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + count, sizeof word);
    if ((word & high_bits) != 0) break;
    count += sizeof word;
  }
  return count;
}

}  // namespace

bool Utf8Check::add(std::span<const std::byte> bytes) {
  if (!good_) return false;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (pending_ == 0) {
      at += count_ascii(bytes.data() + at, bytes.size() - at);
      // Behind a run of ASCII comes mostly more than one other character.
      std::size_t others = 0;
      while (at < bytes.size() && (others < 16 || pending_ != 0)) {
        if (!add_octet(std::to_integer<std::uint8_t>(bytes[at++]))) return good_ = false;
        ++others;
      }
    } else if (!add_octet(std::to_integer<std::uint8_t>(bytes[at++]))) {
      return good_ = false;
    }
  }
  return true;
}

bool Utf8Check::add_octet(std::uint8_t octet) {
  if (pending_ == 0) return octet < 0x80 || begin(octet);
  if (octet < least_ || octet > most_) return false;
  least_ = 0x80;
  most_ = 0xbf;
  --pending_;
  return true;
}

/// Unicode table 3-7: what may follow the first octet keeps out overlong forms, surrogates and what is too
/// large.
bool Utf8Check::begin(std::uint8_t octet) {
  if (octet < 0xc2 || octet > 0xf4) return false;
  if (octet < 0xe0) {
    pending_ = 1;
  } else if (octet < 0xf0) {
    pending_ = 2;
    if (octet == 0xe0) least_ = 0xa0;
    if (octet == 0xed) most_ = 0x9f;
  } else {
    pending_ = 3;
    if (octet == 0xf0) least_ = 0x90;
    if (octet == 0xf4) most_ = 0x8f;
  }
  return true;
}

bool is_utf8(std::span<const std::byte> bytes) {
  Utf8Check check;
  return check.add(bytes) && check.is_complete();
}

}  // namespace bowline::core
