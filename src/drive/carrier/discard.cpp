#include "drive/carrier/discard.h"

#include <array>

namespace bowline::drive {

Left discard(ports::ByteStream& stream) {
  constexpr std::size_t at_once_max = 1024 * 1024;
  std::array<std::byte, 16 * 1024> room;  // on the stack: a pool might have to allocate
  for (std::size_t discarded = 0; discarded < at_once_max;) {
    const auto read = stream.read(room);
    if (!read.has_value() || read->end) return Left::nothing;
    if (read->blocked) return Left::maybe_more;
    discarded += read->bytes;
  }
  return Left::unread;
}

}  // namespace bowline::drive
