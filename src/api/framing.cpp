#include <bowline/framed_stacks.h>

#include "core/framing/framers.h"
#include "core/framing/length_prefix.h"
#include "core/framing/lines.h"

namespace bowline {

Framed::Factory length_prefix_framer(LengthPrefix prefix) {
  return [prefix] { return core::make_length_prefix_framer(prefix); };
}

Framed::Factory line_framer(LineFraming lines) {
  return [lines] { return core::make_line_framer(lines); };
}

Framed::Factory tlv_framer(TlvFraming framing) {
  return [framing] { return core::make_tlv_framer(framing); };
}

Framed::Factory varint_framer(VarintPrefix prefix) {
  return [prefix] { return core::make_varint_framer(prefix); };
}

Framed::Factory slip_framer(SlipFraming framing) {
  return [framing] { return core::make_slip_framer(framing); };
}

Framed::Factory cobs_framer(CobsFraming framing) {
  return [framing] { return core::make_cobs_framer(framing); };
}

Framed::Factory json_framer(JsonFraming framing) {
  return [framing] { return core::make_json_framer(framing); };
}

}  // namespace bowline
