#pragma once

#include <string_view>

#include <bowline/result.h>
#include <bowline/stack.h>

namespace bowline::cli {

/// What --frame asks for.
struct CatFraming {
  Framed::Factory factory;
  bool has_types = false;  ///< a message has a type, which stands in front of its line
};

/// "line", "length", "length:2", "tlv", "tlv:2:4", "varint", "slip", "cobs", "json", "json-seq".
///
/// errors    invalid_argument for another word, or widths that do not exist
[[nodiscard]] Result<CatFraming> read_framing(std::string_view word);

}  // namespace bowline::cli
