#include "wire/http1/chunks.h"

#include <cassert>

#include "wire/http/characters.h"
#include "wire/http1/line_reader.h"
#include "wire/url/percent.h"

namespace bowline::wire {

Result<std::uint64_t> read_chunk_size(std::string_view line, std::size_t& extension_budget) {
  constexpr std::size_t digits_max = 15;  // so that no sum of sizes overflows
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]); ++digits) {
    if (digits == digits_max) return bad_http1(400, "the size of a chunk is too large");
    size = size << 4 | *hex_value(line[digits]);
  }
  if (digits == 0) return bad_http1(400, "a chunk has no size");
  const std::string_view extensions = line.substr(digits);
  if (extensions.size() > extension_budget)
    return too_much_http1(400, "the extensions of chunks are too long");
  extension_budget -= extensions.size();
  const std::string_view visible = trim_blanks(extensions);
  // Blanks may stand before a semicolon, but not alone.
  if (!extensions.empty() && (!visible.starts_with(';') || !is_http_value(visible)))
    return bad_http1(400, "something else stands behind the size of a chunk");
  return size;
}

std::string chunk_line(std::uint64_t size) {
  assert(size > 0 && "an empty chunk would be the last");
  std::string line;
  for (; size > 0; size >>= 4) line.insert(line.begin(), "0123456789abcdef"[size & 0xf]);
  return line + "\r\n";
}

}  // namespace bowline::wire
