#pragma once

#include "wire/http1/parser.h"

namespace bowline::core {

/// What the head of an opening handshake may have: enough for the cookies of a browser.
inline constexpr wire::Http1Parser::Limits websocket_handshake_limits = {
    .start_line_bytes_max = std::size_t{16} * 1024,
    .head_bytes_max = std::size_t{64} * 1024,
    .fields_max = 200,
    .trailer_bytes_max = 1024,
    .chunk_extension_bytes_max = 1024};

}  // namespace bowline::core
