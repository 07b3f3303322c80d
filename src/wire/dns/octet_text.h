#pragma once

#include <string>
#include <string_view>

namespace bowline::wire {

struct OctetStyle {
  std::string_view quoted;  ///< get a backslash in front
  char plain_min;           ///< the least octet that stands for itself: ' ' inside quotes, else '!'
};

/// Appends one octet in presentation form; what is not printable ASCII becomes `\DDD` (RFC 1035 5.1).
inline void append_octet(std::string& text, char octet, OctetStyle style) {
  const auto value = static_cast<unsigned char>(octet);
  const auto digit = [](int number) { return static_cast<char>('0' + number % 10); };
  if (octet < style.plain_min || value >= 0x7f)
    text += {'\\', digit(value / 100), digit(value / 10), digit(value)};
  else if (style.quoted.find(octet) != std::string_view::npos)
    text += {'\\', octet};
  else
    text += octet;
}

}  // namespace bowline::wire
