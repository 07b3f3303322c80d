#include "wire/http/list.h"

#include "wire/http/characters.h"

namespace bowline::wire {

std::vector<std::string_view> split_http_list(std::string_view value) {
  std::vector<std::string_view> members;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= value.size(); ++at) {
    const bool is_end = at == value.size();
    if (is_quoted && at + 1 < value.size() && value[at] == '\\') {
      ++at;
    } else if (!is_end && value[at] == '"') {
      is_quoted = !is_quoted;
    } else if (is_end || (value[at] == ',' && !is_quoted)) {
      const std::string_view member = trim_blanks(value.substr(begin, at - begin));
      if (!member.empty()) members.push_back(member);
      begin = at + 1;
    }
  }
  return members;
}

}  // namespace bowline::wire
