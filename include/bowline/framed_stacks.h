#pragma once

#include <bowline/export.h>
#include <bowline/framers.h>
#include <bowline/stack.h>

namespace BOWLINE_API bowline {

[[nodiscard]] Framed::Factory tlv_framer(TlvFraming framing);
[[nodiscard]] Framed::Factory varint_framer(VarintPrefix prefix);
[[nodiscard]] Framed::Factory slip_framer(SlipFraming framing);
[[nodiscard]] Framed::Factory cobs_framer(CobsFraming framing);
[[nodiscard]] Framed::Factory json_framer(JsonFraming framing);

/// Messages with a type, which is their context().number(), and a length in front, on top of `below`:
/// `connection.send(value, MessageContext().number(7))`.
///
/// errors    of a send: unsupported for a type that its width cannot hold
template <StreamStack Stack>
[[nodiscard]] Framed type_length_value(const Stack& below, TlvFraming framing = {}) {
  return Framed(below.plan(), tlv_framer(framing));
}

/// Messages with their length in front, as Protocol Buffers delimit theirs.
template <StreamStack Stack>
[[nodiscard]] Framed varint_prefixed(const Stack& below, VarintPrefix prefix = {}) {
  return Framed(below.plan(), varint_framer(prefix));
}

/// Messages as they go over serial lines.
///
/// errors    of a send: invalid_argument for an empty one
template <StreamStack Stack>
[[nodiscard]] Framed slip_framed(const Stack& below, SlipFraming framing = {}) {
  return Framed(below.plan(), slip_framer(framing));
}

/// The same with another stuffing.
template <StreamStack Stack>
[[nodiscard]] Framed cobs_framed(const Stack& below, CobsFraming framing = {}) {
  return Framed(below.plan(), cobs_framer(framing));
}

/// A message is a JSON value.
///
/// errors    of a send: invalid_argument for what is not one value, as far as brackets and quotes tell
template <StreamStack Stack>
[[nodiscard]] Framed json_framed(const Stack& below, JsonFraming framing = {}) {
  return Framed(below.plan(), json_framer(framing));
}

}  // namespace BOWLINE_API bowline
