#include "crypto/gnutls/session/key_log.h"

namespace bowline::crypto {

namespace {

void append_hexadecimal(std::span<const std::byte> bytes, std::string& into) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    into += digits[std::to_integer<unsigned>(byte) >> 4];
    into += digits[std::to_integer<unsigned>(byte) & 15];
  }
}

}  // namespace

std::string key_log_line(std::string_view label, std::span<const std::byte> client_random,
                         std::span<const std::byte> secret) {
  std::string line(label);
  line += ' ';
  append_hexadecimal(client_random, line);
  line += ' ';
  append_hexadecimal(secret, line);
  return line;
}

}  // namespace bowline::crypto
