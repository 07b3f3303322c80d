#include <bowline/stack.h>

#include "core/framing/length_prefix.h"
#include "core/framing/lines.h"

namespace bowline {

Framed::Factory length_prefix_framer(LengthPrefix prefix) {
  return [prefix] { return core::make_length_prefix_framer(prefix); };
}

Framed::Factory line_framer(LineFraming lines) {
  return [lines] { return core::make_line_framer(lines); };
}

}  // namespace bowline
