#pragma once

#include <memory>

#include <bowline/framer.h>
#include <bowline/framers.h>

namespace bowline::core {

[[nodiscard]] std::unique_ptr<Framer> make_tlv_framer(TlvFraming framing);
[[nodiscard]] std::unique_ptr<Framer> make_varint_framer(VarintPrefix prefix);
[[nodiscard]] std::unique_ptr<Framer> make_slip_framer(SlipFraming framing);
[[nodiscard]] std::unique_ptr<Framer> make_cobs_framer(CobsFraming framing);
[[nodiscard]] std::unique_ptr<Framer> make_json_framer(JsonFraming framing);

}  // namespace bowline::core
