#include "cli/drop/qr_code.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace bowline::cli {

namespace {

using Codewords = std::vector<std::uint8_t>;

/// Of error correction L: all codewords are in one block up to version 5.
struct QrVersion {
  std::size_t data_codewords;
  std::size_t check_codewords;
};
constexpr std::array<QrVersion, 5> qr_versions = {
    {{19, 7}, {34, 10}, {55, 15}, {80, 20}, {108, 26}}};
constexpr unsigned qr_mask_count = 8;

/// In the field of 256 elements that QR codes use.
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  for (int bit = 7; bit >= 0; --bit) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1U) * a;
  }
  return static_cast<std::uint8_t>(product);
}

/// The rest of a division by the product of (x - 2^i).
Codewords check_codewords(const Codewords& data, std::size_t count) {
  Codewords divisor(count);
  divisor.back() = 1;
  std::uint8_t root = 1;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      divisor[j] = multiply(divisor[j], root);
      if (j + 1 < count) divisor[j] ^= divisor[j + 1];
    }
    root = multiply(root, 2);
  }
  Codewords rest(count);
  for (const std::uint8_t codeword : data) {
    const auto factor = static_cast<std::uint8_t>(codeword ^ rest.front());
    std::rotate(rest.begin(), rest.begin() + 1, rest.end());
    rest.back() = 0;
    for (std::size_t i = 0; i < count; ++i) rest[i] ^= multiply(divisor[i], factor);
  }
  return rest;
}

/// Mode, length, text and padding, and what corrects them.
Codewords codewords_of(std::string_view text, const QrVersion& version) {
  Codewords data;
  // Mode 4 and the length are twelve bits: everything after them is off by four.
  unsigned carried = 0x4;
  auto push = [&](unsigned octet) {
    data.push_back(static_cast<std::uint8_t>(carried << 4 | octet >> 4));
    carried = octet & 15;
  };
  push(static_cast<unsigned>(text.size()));
  for (const char c : text) push(static_cast<unsigned char>(c));
  push(0);  // the end of the message, and the last half
  for (std::uint8_t padding = 0xec; data.size() < version.data_codewords; padding ^= 0xec ^ 0x11)
    data.push_back(padding);
  const Codewords check = check_codewords(data, version.check_codewords);
  data.insert(data.end(), check.begin(), check.end());
  return data;
}

}  // namespace

/// Puts patterns and data into the square.
class QrDrawing {
 public:
  explicit QrDrawing(std::size_t version)
      : code_(17 + 4 * version), fixed_(code_.size_ * code_.size_), size_(code_.size_) {}

  QrCode draw(const Codewords& codewords, std::size_t version) {
    draw_patterns(version);
    draw_format(0);  // so that its place is taken
    draw_data(codewords);
    unsigned best = 0;
    std::size_t least = SIZE_MAX;
    for (unsigned mask = 0; mask < qr_mask_count; ++mask) {
      apply(mask);
      draw_format(mask);
      if (const std::size_t found = penalty(); found < least) {
        least = found;
        best = mask;
      }
      apply(mask);
    }
    apply(best);
    draw_format(best);
    return code_;
  }

 private:
  void set(std::size_t row, std::size_t column, bool dark) {
    code_.modules_[row * size_ + column] = dark;
    fixed_[row * size_ + column] = true;
  }

  void draw_patterns(std::size_t version) {
    for (std::size_t i = 0; i < size_; ++i) {
      set(6, i, i % 2 == 0);
      set(i, 6, i % 2 == 0);
    }
    draw_finder(3, 3);
    draw_finder(3, static_cast<int>(size_) - 4);
    draw_finder(static_cast<int>(size_) - 4, 3);
    if (version > 1) draw_alignment(size_ - 7);
    set(size_ - 8, 8, true);
  }

  void draw_finder(int row, int column) {
    for (int y = -4; y <= 4; ++y) {
      for (int x = -4; x <= 4; ++x) {
        const int distance = std::max(std::abs(x), std::abs(y));
        const int at_row = row + y;
        const int at_column = column + x;
        const int end = static_cast<int>(size_);
        if (at_row < 0 || at_column < 0 || at_row >= end || at_column >= end) continue;
        set(static_cast<std::size_t>(at_row), static_cast<std::size_t>(at_column),
            distance != 2 && distance != 4);
      }
    }
  }

  void draw_alignment(std::size_t centre) {
    for (std::size_t y = 0; y < 5; ++y)
      for (std::size_t x = 0; x < 5; ++x) {
        const bool is_ring = y % 4 == 0 || x % 4 == 0;
        set(centre - 2 + y, centre - 2 + x, is_ring || (y == 2 && x == 2));
      }
  }

  /// Level L is 01; the bits are spread by a code of their own.
  void draw_format(unsigned mask) {
    const unsigned data = 1U << 3 | mask;
    unsigned rest = data;
    for (int i = 0; i < 10; ++i) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const unsigned bits = (data << 10 | rest) ^ 0x5412;
    auto bit = [&](std::size_t i) { return (bits >> i & 1) != 0; };
    for (std::size_t i = 0; i <= 5; ++i) set(i, 8, bit(i));
    set(7, 8, bit(6));
    set(8, 8, bit(7));
    set(8, 7, bit(8));
    for (std::size_t i = 9; i < 15; ++i) set(8, 14 - i, bit(i));
    for (std::size_t i = 0; i < 8; ++i) set(8, size_ - 1 - i, bit(i));
    for (std::size_t i = 8; i < 15; ++i) set(size_ - 15 + i, 8, bit(i));
  }

  /// In columns of two, up and down, from the lower right corner.
  void draw_data(const Codewords& codewords) {
    std::size_t bit = 0;
    bool upwards = true;
    for (std::size_t right = size_ - 1;; right -= 2) {
      if (right == 6) right = 5;
      for (std::size_t i = 0; i < size_; ++i) {
        const std::size_t row = upwards ? size_ - 1 - i : i;
        for (const std::size_t column : {right, right - 1}) {
          if (fixed_[row * size_ + column] || bit >= codewords.size() * 8) continue;
          code_.modules_[row * size_ + column] = (codewords[bit / 8] >> (7 - bit % 8) & 1) != 0;
          ++bit;
        }
      }
      upwards = !upwards;
      if (right == 1) break;
    }
  }

  static bool is_masked(unsigned mask, std::size_t y, std::size_t x) {
    switch (mask) {
      case 0: return (x + y) % 2 == 0;
      case 1: return y % 2 == 0;
      case 2: return x % 3 == 0;
      case 3: return (x + y) % 3 == 0;
      case 4: return (x / 3 + y / 2) % 2 == 0;
      case 5: return x * y % 2 + x * y % 3 == 0;
      case 6: return (x * y % 2 + x * y % 3) % 2 == 0;
      default: return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
  }
  void apply(unsigned mask) {
    for (std::size_t row = 0; row < size_; ++row)
      for (std::size_t column = 0; column < size_; ++column)
        if (!fixed_[row * size_ + column] && is_masked(mask, row, column))
          code_.modules_[row * size_ + column].flip();
  }

  /// Long runs, squares of one colour, and more of one colour than of the other are hard to read.
  [[nodiscard]] std::size_t penalty() const {
    std::size_t sum = 0;
    std::size_t dark = 0;
    for (std::size_t a = 0; a < size_; ++a) {
      std::size_t run_across = 0;
      std::size_t run_down = 0;
      for (std::size_t b = 0; b < size_; ++b) {
        dark += code_.is_dark(a, b) ? 1 : 0;
        const bool goes_across = b > 0 && code_.is_dark(a, b) == code_.is_dark(a, b - 1);
        const bool goes_down = b > 0 && code_.is_dark(b, a) == code_.is_dark(b - 1, a);
        run_across = goes_across ? run_across + 1 : 1;
        run_down = goes_down ? run_down + 1 : 1;
        for (const std::size_t run : {run_across, run_down}) sum += run == 5 ? 3 : run > 5 ? 1 : 0;
        if (a > 0 && goes_across && code_.is_dark(a - 1, b) == code_.is_dark(a, b) &&
            code_.is_dark(a - 1, b - 1) == code_.is_dark(a, b))
          sum += 3;
      }
    }
    const std::size_t all = size_ * size_;
    const std::size_t uneven = dark * 2 > all ? dark * 2 - all : all - dark * 2;
    return sum + uneven * 10 / all * 10;
  }

  QrCode code_;
  std::vector<bool> fixed_;
  std::size_t size_;
};

std::optional<QrCode> QrCode::of(std::string_view text) {
  for (std::size_t i = 0; i < qr_versions.size(); ++i)
    if (text.size() + 2 <= qr_versions[i].data_codewords)
      return QrDrawing(i + 1).draw(codewords_of(text, qr_versions[i]), i + 1);
  return std::nullopt;
}

std::string draw(const QrCode& code, bool with_colours) {
  constexpr int quiet = 2;
  const int end = static_cast<int>(code.size()) + quiet;
  auto is_light = [&](int row, int column) {
    const int size = static_cast<int>(code.size());
    if (row < 0 || column < 0 || row >= size || column >= size) return row < end;
    return !code.is_dark(static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  };
  std::string text;
  for (int row = -quiet; row < end; row += 2) {
    if (with_colours) text += "\x1b[97;40m";
    for (int column = -quiet; column < end; ++column) {
      const bool upper = is_light(row, column);
      const bool lower = is_light(row + 1, column);
      text += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
    }
    if (with_colours) text += "\x1b[0m";
    text += '\n';
  }
  return text;
}

}  // namespace bowline::cli
