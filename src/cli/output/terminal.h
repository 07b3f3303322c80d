#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bowline::cli {

/// What a piece of text means; colours follow from it, and never carry meaning alone.
enum class Tone : std::uint8_t { plain, strong, faint, good, bad, question };

/// How to draw for whoever reads standard output.
struct Style {
  bool pictures = false;  ///< bars for eyes; otherwise columns of text
  bool colours = false;
  bool unicode = false;
  std::size_t columns = 80;

  /// `text` in the colours of its tone, if there are colours.
  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;
};

/// The part of the environment that decides. Empty texts count as unset.
struct Surroundings {
  bool is_terminal = false;
  std::size_t terminal_columns = 0;  ///< 0 = the terminal does not tell
  std::string_view no_color, clicolor_force, term, columns, lc_all, lc_ctype, lang;
};

/// NO_COLOR, then CLICOLOR_FORCE, then whether it is a terminal; TERM=dumb gets neither colours nor
/// pictures.
[[nodiscard]] Style choose_style(const Surroundings& surroundings);

/// For this process's standard output.
[[nodiscard]] Style style_of_output();

/// ASCII `text` filled up with spaces to `columns`, or cut with `~` at its end.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

}  // namespace bowline::cli
