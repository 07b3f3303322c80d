#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/dns/name.h"

namespace bowline::wire {

/// Test data typed by hand: pairs of hex digits, and text between apostrophes; blanks separate.
/// `0007 'example' 00`
inline std::vector<std::byte> dns_bytes(std::string_view notation) {
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at < notation.size();) {
    if (notation[at] == ' ' || notation[at] == '\n') {
      ++at;
    } else if (notation[at] == '\'') {
      const std::size_t end = notation.find('\'', at + 1);
      for (const std::byte byte : as_bytes(notation.substr(at + 1, end - at - 1)))
        bytes.push_back(byte);
      at = end + 1;
    } else {
      bytes.push_back(
          static_cast<std::byte>(std::stoi(std::string(notation.substr(at, 2)), nullptr, 16)));
      at += 2;
    }
  }
  return bytes;
}

inline std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<int>(byte >> 4)];
    text += "0123456789abcdef"[std::to_integer<int>(byte & std::byte{0xf})];
  }
  return text;
}

inline DnsName name(std::string_view text) { return DnsName::parse(text).value(); }

}  // namespace bowline::wire
