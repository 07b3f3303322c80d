#include "cli/web/qr_code.h"

#include <qrencode.h>

#include <memory>

namespace bowline::cli {

namespace {

constexpr int edge = 2;  // half of what ISO 18004 asks for; every reader at hand is content with it

struct QrEnd {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

bool is_dark(const QRcode& code, int row, int column) {
  if (row < 0 || column < 0 || row >= code.width || column >= code.width) return false;
  return (code.data[row * code.width + column] & 1U) != 0;
}

}  // namespace

std::optional<std::string> draw_qr_code(std::string_view text, const Style& style) {
  if (!style.unicode || !style.pictures) return std::nullopt;
  const std::unique_ptr<QRcode, QrEnd> code(
      QRcode_encodeString(std::string(text).c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1));
  if (!code || static_cast<std::size_t>(code->width + 2 * edge) > style.columns)
    return std::nullopt;
  // Light modules are drawn, for most terminals are dark; with colours it does not matter which they are.
  const std::string begin = style.colours ? "\x1b[97;40m" : "";
  const std::string end = style.colours ? "\x1b[0m\n" : "\n";
  std::string picture;
  for (int row = -edge; row < code->width + edge; row += 2) {
    picture += begin;
    for (int column = -edge; column < code->width + edge; ++column) {
      const bool is_upper_light = !is_dark(*code, row, column);
      const bool is_lower_light = row + 1 < code->width + edge && !is_dark(*code, row + 1, column);
      picture += is_upper_light ? (is_lower_light ? "█" : "▀") : (is_lower_light ? "▄" : " ");
    }
    picture += end;
  }
  return picture;
}

}  // namespace bowline::cli
