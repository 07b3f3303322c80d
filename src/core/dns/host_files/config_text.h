#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <bowline/address.h>

namespace bowline::core {

/// The index of the interface with this name, as the host knows it: for zones such as `fe80::1%eth0`.
using InterfaceIndex = std::function<std::optional<std::uint32_t>(std::string_view name)>;

/// The words of one line, split at blanks, up to a comment (a word that starts with `#` or `;`).
[[nodiscard]] std::vector<std::string_view> words_of_line(std::string_view line);

/// Takes the first line, without its end, off `text`; a line ends in \n, \r\n or with the text.
[[nodiscard]] std::string_view take_line(std::string_view& text);

/// An address with a zone by number or by name; nothing if it is none.
[[nodiscard]] std::optional<IpAddress> address_with_zone(std::string_view text,
                                                         const InterfaceIndex& interface_index);

}  // namespace bowline::core
