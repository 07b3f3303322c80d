#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::cli {

/// A QR code: a square of dark and light modules, without the quiet zone around it.
///
/// source    ISO/IEC 18004: byte mode, error correction L, versions 1 to 5
class QrCode {
 public:
  /// Nothing for a text of more than 106 octets.
  [[nodiscard]] static std::optional<QrCode> of(std::string_view text);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool is_dark(std::size_t row, std::size_t column) const {
    return modules_[row * size_ + column];
  }

 private:
  friend class QrDrawing;
  explicit QrCode(std::size_t size) : size_(size), modules_(size * size) {}
  std::size_t size_;
  std::vector<bool> modules_;
};

/// For a terminal, two rows of modules in a line, with a quiet zone of two modules.
[[nodiscard]] std::string draw(const QrCode& code, bool with_colours);

}  // namespace bowline::cli
