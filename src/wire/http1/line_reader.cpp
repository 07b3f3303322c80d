#include "wire/http1/line_reader.h"

#include <utility>

#include "base/bytes.h"

namespace bowline::wire {

Error bad_http1(int status, std::string rule) {
  return {ErrorKind::malformed, ErrorDomain::http, status, "parse http", std::move(rule)};
}
Error too_much_http1(int status, std::string rule) {
  return {ErrorKind::limit_exceeded, ErrorDomain::http, status, "parse http", std::move(rule)};
}

Result<std::optional<std::string_view>> LineReader::take(std::span<const std::byte>& bytes,
                                                         std::size_t& budget, int status) {
  if (std::exchange(is_complete_, false)) line_.clear();
  const std::string_view text = as_text(bytes);
  const std::size_t end = text.find('\n');
  const std::size_t count = end == std::string_view::npos ? text.size() : end + 1;
  if (count > budget) return too_much_http1(status, "lines are longer than they may be together");
  budget -= count;
  bytes = bytes.subspan(count);
  std::string_view line = text.substr(0, count);
  if (end == std::string_view::npos || !line_.empty()) {
    line_ += line;
    line = line_;
  }
  if (end == std::string_view::npos) return std::optional<std::string_view>();
  is_complete_ = true;
  if (!line.ends_with("\r\n")) return bad_http1(400, "a line ends with LF alone");
  line.remove_suffix(2);
  if (line.contains('\r')) return bad_http1(400, "a CR stands inside a line");
  return std::optional(line);
}

}  // namespace bowline::wire
