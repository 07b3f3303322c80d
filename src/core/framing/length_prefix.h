#pragma once

#include <memory>

#include <bowline/framer.h>

namespace bowline::core {

/// Messages with their length in front.
[[nodiscard]] std::unique_ptr<Framer> make_length_prefix_framer(LengthPrefix prefix);

}  // namespace bowline::core
