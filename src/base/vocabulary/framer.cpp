#include <bowline/framer.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace bowline {

Result<void> Framer::handle_end(FramerContext& context) {
  if (context.input().empty() || context.is_closing()) return {};
  return Error(ErrorKind::protocol_violation, "framer", "the stream ended inside a message")
      .about(std::string(name()));
}

std::size_t Framer::input_bytes_max() const {
  constexpr std::size_t header_bytes_max = 1024;
  return std::min(message_bytes_max(), SIZE_MAX - header_bytes_max) + header_bytes_max;
}

}  // namespace bowline
