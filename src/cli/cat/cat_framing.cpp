#include "cli/cat/cat_framing.h"

#include <charconv>
#include <string>
#include <vector>

#include <bowline/framed_stacks.h>

#include "cli/output/safe_text.h"
#include "cli/words/arguments.h"

namespace bowline::cli {

namespace {

/// What follows the name, each a number behind a colon; nothing if one is none.
std::optional<std::vector<unsigned>> read_widths(std::string_view rest) {
  std::vector<unsigned> widths;
  while (!rest.empty()) {
    unsigned width = 0;
    const auto read = std::from_chars(rest.data() + 1, rest.data() + rest.size(), width);
    if (rest.front() != ':' || read.ec != std::errc()) return std::nullopt;
    widths.push_back(width);
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  }
  return widths;
}

bool is_one_of(unsigned width, std::initializer_list<unsigned> widths) {
  for (const unsigned each : widths)
    if (width == each) return true;
  return false;
}

std::optional<CatFraming> sized_framing(std::string_view name,
                                        const std::vector<unsigned>& widths) {
  if (name == "length" && widths.size() <= 1) {
    const unsigned width = widths.empty() ? 4 : widths[0];
    if (!is_one_of(width, {1, 2, 4, 8})) return std::nullopt;
    return CatFraming{length_prefix_framer(LengthPrefix().bytes(width))};
  }
  if (name == "tlv" && (widths.empty() || widths.size() == 2)) {
    TlvFraming framing;
    if (!widths.empty()) {
      for (const unsigned width : widths)
        if (!is_one_of(width, {1, 2, 4})) return std::nullopt;
      framing.type_bytes(widths[0]).length_bytes(widths[1]);
    }
    return CatFraming{tlv_framer(framing), true};
  }
  return std::nullopt;
}

std::optional<CatFraming> plain_framing(std::string_view name) {
  if (name == "line") return CatFraming{line_framer({})};
  if (name == "varint") return CatFraming{varint_framer({})};
  if (name == "slip") return CatFraming{slip_framer({})};
  if (name == "cobs") return CatFraming{cobs_framer({})};
  if (name == "json") return CatFraming{json_framer({})};
  if (name == "json-seq") return CatFraming{json_framer(JsonFraming().text_sequence(true))};
  return std::nullopt;
}

}  // namespace

Result<CatFraming> read_framing(std::string_view word) {
  const std::string_view name = word.substr(0, word.find(':'));
  const auto widths = read_widths(word.substr(name.size()));
  std::optional<CatFraming> framing;
  if (widths) framing = sized_framing(name, *widths);
  if (!framing && widths && widths->empty()) framing = plain_framing(name);
  if (framing) return *std::move(framing);
  return usage_error(
      "--frame " + quoted(word) +
      ": it is line, length[:1|2|4|8], tlv[:TYPE:LENGTH], varint, slip, cobs, json or json-seq");
}

}  // namespace bowline::cli
