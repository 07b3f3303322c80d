#include "cli/output/json.h"

#include <array>
#include <cstdio>

namespace bowline::cli {

namespace {

struct Character {
  char32_t code;
  std::size_t size;
};

/// The next character of UTF-8; U+FFFD for a byte that is none.
Character next_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80   ? 1
                           : byte(0) < 0xc2 ? 0
                           : byte(0) < 0xe0 ? 2
                           : byte(0) < 0xf0 ? 3
                                            : 4;
  if (size == 1) return {byte(0), 1};
  if (size == 0 || size > text.size() || byte(0) > 0xf4) return {0xfffd, 1};
  char32_t code = byte(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0xfffd, 1};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {0xfffd, 1};
  return {code, size};
}

std::string escaped_unit(char32_t unit) {
  std::array<char, 8> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(unit));
  return buffer.data();
}

std::string escaped(char32_t code) {
  if (code == '"') return "\\\"";
  if (code == '\\') return "\\\\";
  if (code == '\n') return "\\n";
  if (code >= 0x20 && code < 0x7f) return {static_cast<char>(code)};
  if (code < 0x10000) return escaped_unit(code);
  return escaped_unit(0xd800 + ((code - 0x10000) >> 10)) +
         escaped_unit(0xdc00 + ((code - 0x10000) & 0x3ff));
}

}  // namespace

void Json::name(std::string_view text) {
  value(text);
  text_ += ": ";
}

void Json::value(std::string_view text) {
  separate();
  text_ += '"';
  while (!text.empty()) {
    const Character next = next_character(text);
    text_ += escaped(next.code);
    text.remove_prefix(next.size);
  }
  text_ += '"';
}

void Json::open(char bracket) {
  separate();
  text_ += bracket;
}

void Json::close(char bracket) { text_ += bracket; }

void Json::raw(std::string_view text) {
  separate();
  text_ += text;
}

/// A comma, unless this is the first in its bracket, or the value behind a name.
void Json::separate() {
  if (text_.empty() || text_.ends_with('{') || text_.ends_with('[') || text_.ends_with(": "))
    return;
  text_ += ", ";
}

}  // namespace bowline::cli
