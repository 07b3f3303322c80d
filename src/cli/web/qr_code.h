#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/output/terminal.h"

namespace bowline::cli {

/// `text` as a QR code for a terminal, two modules to a character, with the blank edge that readers need.
/// Nothing if it is too long, is wider than `columns`, or the terminal shows no such characters.
[[nodiscard]] std::optional<std::string> draw_qr_code(std::string_view text, const Style& style);

}  // namespace bowline::cli
