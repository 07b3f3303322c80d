#include "ports/file_store.h"

#include <algorithm>

#include "base/escape.h"

namespace bowline::ports {

namespace {

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

Result<void> check_file_name(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= FileStore::name_characters_max;
  if (fits && name.front() != '.' && std::ranges::all_of(name, is_allowed)) return {};
  return Error(ErrorKind::invalid_argument, "file store",
               "a name has 1 to 100 of a-z, 0-9, '-', '_' and '.', and does not start with '.'")
      .about(escape(name, FileStore::name_characters_max));
}

}  // namespace bowline::ports
