#include "cli/output/safe_text.h"

#include <algorithm>

namespace bowline::cli {

std::string safe(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  for (const char c : text.substr(0, bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += {'\\', 'x', hex[byte >> 4], hex[byte & 0xf]};
    }
  }
  return text.size() > bytes_max ? result + "..." : result;
}

std::string quoted(std::string_view text) { return "'" + safe(text, 80) + "'"; }

}  // namespace bowline::cli
