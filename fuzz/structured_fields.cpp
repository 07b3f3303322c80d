// Structured fields: what parses as an item, list or dictionary is written, and read again as the same value.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "require.h"
#include "wire/structured_fields/structured.h"

namespace {

using namespace bowline;
using namespace bowline::wire;

template <class T>
void check_structured(Result<T> (*parse)(std::string_view, const StructuredLimits&),
                      std::string_view text) {
  const StructuredLimits limits{
      .text_bytes_max = 2048, .members_max = 16, .items_max = 8, .parameters_max = 8};
  const auto value = parse(text, limits);
  if (!value.has_value()) {
    require(!value.error().message().empty());
    return;
  }
  const auto written = write_structured(*value);
  require(written.has_value());
  const auto again = parse(*written, StructuredLimits{});
  require(again.has_value() && *again == *value);
  require(write_structured(*again).value() == *written);
}

}  // namespace

int fuzz_structured_fields(std::span<const std::byte> input) {
  const std::string_view text = as_text(input);
  check_structured(parse_structured_item, text);
  check_structured(parse_structured_list, text);
  check_structured(parse_structured_dictionary, text);
  return 0;
}
