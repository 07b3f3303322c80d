#include "cli/output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace bowline::cli {

namespace {

constexpr std::size_t columns_min = 40;
constexpr std::size_t columns_max = 500;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_utf8(std::string_view locale) {
  std::string lower(locale);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
}

std::string_view first_set(std::array<std::string_view, 3> values) {
  for (const std::string_view value : values)
    if (!value.empty()) return value;
  return {};
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string Style::paint(Tone tone, std::string_view text) const {
  constexpr std::array<std::string_view, 6> codes{"", "1", "2", "32", "31", "36"};
  const std::string_view code = codes[static_cast<std::size_t>(tone)];
  if (!colours || code.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Style choose_style(const Surroundings& around) {
  Style style;
  const bool dumb = around.term == "dumb";
  const bool forced = !around.clicolor_force.empty() && around.clicolor_force != "0";
  style.pictures = (around.is_terminal && !dumb) || forced;
  style.colours = around.no_color.empty() && style.pictures;
  style.unicode = is_utf8(first_set({around.lc_all, around.lc_ctype, around.lang})) && !dumb;
  const std::size_t told =
      around.terminal_columns != 0 ? around.terminal_columns : number(around.columns);
  style.columns = std::clamp(told == 0 ? 80 : told, columns_min, columns_max);
  return style;
}

Style style_of_output() {
  Surroundings around;
  winsize size{};
  around.is_terminal = isatty(STDOUT_FILENO) == 1;
  if (around.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    around.terminal_columns = size.ws_col;
  around.no_color = variable("NO_COLOR");
  around.clicolor_force = variable("CLICOLOR_FORCE");
  around.term = variable("TERM");
  around.columns = variable("COLUMNS");
  around.lc_all = variable("LC_ALL");
  around.lc_ctype = variable("LC_CTYPE");
  around.lang = variable("LANG");
  return choose_style(around);
}

std::string fit(std::string_view text, std::size_t columns) {
  if (text.size() <= columns) return std::string(text) + std::string(columns - text.size(), ' ');
  if (columns == 0) return {};
  return std::string(text.substr(0, columns - 1)) + "~";
}

}  // namespace bowline::cli
