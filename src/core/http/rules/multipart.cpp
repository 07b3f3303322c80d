#include "core/http/rules/multipart.h"

#include <algorithm>
#include <utility>

#include <bowline/url.h>

#include "base/escape.h"
#include "wire/http/characters.h"
#include "wire/url/percent.h"

namespace bowline::core {

namespace {

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= 70 && std::ranges::all_of(text, [](char c) {
    return wire::is_alpha(c) || wire::is_digit(c) || c == '-' || c == '_';
  });
}

/// In quotes, with what would end them or the line as `%22`, `%0D` and `%0A`, as browsers write it.
std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : wire::valid_utf8(text)) {
    if (c == '"')
      quoted += "%22";
    else if (c == '\r')
      quoted += "%0D";
    else if (c == '\n')
      quoted += "%0A";
    else
      quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Result<MultipartFrame> frame_multipart(const std::vector<FormPart>& parts,
                                       std::string_view boundary) {
  const auto unfit = [](const char* rule, std::string_view what) {
    return Error(ErrorKind::invalid_argument, "write form", rule).about(escape(what, 128));
  };
  if (!is_boundary(boundary)) return unfit("a boundary has 1 to 70 letters and digits", boundary);
  const std::string line = "--" + std::string(boundary);
  MultipartFrame frame;
  frame.content_type = "multipart/form-data; boundary=" + std::string(boundary);
  for (const FormPart& part : parts) {
    if (!wire::is_http_value(part.content_type))
      return unfit("a content type holds a control character", part.content_type);
    std::string head = (frame.heads.empty() ? "" : "\r\n") + line +
                       "\r\nContent-Disposition: form-data; name=" + in_quotes(part.name);
    if (!part.file_name.empty()) head += "; filename=" + in_quotes(part.file_name);
    const bool needs_type = part.content_type.empty() && !part.file_name.empty();
    const std::string type = needs_type ? "application/octet-stream" : part.content_type;
    if (!type.empty()) head += "\r\nContent-Type: " + type;
    head += "\r\n\r\n";
    frame.octets += head.size() + part.content_octets;
    frame.heads.push_back(std::move(head));
  }
  frame.tail = (parts.empty() ? "" : "\r\n") + line + "--\r\n";
  frame.octets += frame.tail.size();
  return frame;
}

std::string write_form(const std::vector<std::pair<std::string, std::string>>& fields) {
  const auto encoded = [](std::string_view text) {
    std::string value;
    for (const char c : wire::valid_utf8(text))
      value += c == ' ' ? "+" : percent_encode(std::string_view(&c, 1), PercentSet::form);
    return value;
  };
  std::string form;
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form += '&';
    form += encoded(name) + "=" + encoded(value);
  }
  return form;
}

}  // namespace bowline::core
