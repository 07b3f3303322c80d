#include "cli/resolve/asked_name.h"

#include <idn2.h>

#include <algorithm>

#include <bowline/endpoint.h>

#include "cli/output/safe_text.h"
#include "cli/words/arguments.h"

namespace bowline::cli {

namespace {

/// A colon, or a number as the last label.
bool looks_like_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos || text.starts_with('[')) return true;
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::string_view last = text.substr(text.rfind('.') + 1);
  return !last.empty() && last.front() >= '0' && last.front() <= '9';
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Result<std::string> to_ascii(std::string_view text) {
  const std::string name(text);
  char* made = nullptr;
  const int status = idn2_to_ascii_8z(name.c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK)
    return usage_error(quoted(text) + " is no internationalized name: " + idn2_strerror(status));
  std::string ascii(made);
  idn2_free(made);
  return ascii;
}

}  // namespace

Result<AskedName> read_asked_name(std::string_view text) {
  const auto endpoint = Endpoint::parse_host(text, 0);
  if (endpoint.has_value() && endpoint->is_address())
    return AskedName{to_string(endpoint->address().ip), true};
  if (!endpoint.has_value() && looks_like_address(text)) return endpoint.error();
  if (is_ascii(text)) return AskedName{std::string(text)};
  BOWLINE_TRY(std::string ascii, to_ascii(text));
  return AskedName{std::move(ascii)};
}

}  // namespace bowline::cli
