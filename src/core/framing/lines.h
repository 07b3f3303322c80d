#pragma once

#include <memory>

#include <bowline/framer.h>

namespace bowline::core {

/// Messages that are lines.
[[nodiscard]] std::unique_ptr<Framer> make_line_framer(LineFraming lines);

}  // namespace bowline::core
