#pragma once

#include <memory>

#include <bowline/framer.h>
#include <bowline/framing.h>

namespace bowline::core {

/// Messages that are lines.
[[nodiscard]] std::unique_ptr<Framer> make_line_framer(LineFraming lines);

}  // namespace bowline::core
