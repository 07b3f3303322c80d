#include "core/dns/host_files/config_text.h"

#include <algorithm>

namespace bowline::core {

namespace {
constexpr std::string_view blanks = " \t\v\f\r";
}

std::vector<std::string_view> words_of_line(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(blanks);
    if (start == std::string_view::npos || line[start] == '#' || line[start] == ';') return words;
    const std::size_t end = std::min(line.find_first_of(blanks, start), line.size());
    words.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<IpAddress> address_with_zone(std::string_view text,
                                           const InterfaceIndex& interface_index) {
  if (const auto plain = IpAddress::parse(text); plain.has_value()) return *plain;
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos || !interface_index) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, percent));
  const auto index = interface_index(text.substr(percent + 1));
  if (!address.has_value() || !address->is_v6() || !index.has_value()) return std::nullopt;
  return address->with_scope(*index);
}

}  // namespace bowline::core
