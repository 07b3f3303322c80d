#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.h>

namespace bowline::core {

/// One part of multipart/form-data; its content is not here, only how long it is.
struct FormPart {
  std::string name;
  std::string file_name = {};  ///< empty: a plain value
  std::string content_type =
      {};  ///< empty: none is written, or application/octet-stream for a file
  std::uint64_t content_octets = 0;
};

/// What stands around the contents of a form, so that they can be streamed: heads[0], content, heads[1],
/// content ..., tail.
struct MultipartFrame {
  std::string content_type;  ///< with the boundary: for the request's field
  std::vector<std::string> heads;
  std::string tail;
  std::uint64_t octets = 0;  ///< of the whole body
};

/// `boundary` is fresh chance that no content has in it: 1 to 70 letters and digits.
///
/// errors    invalid_argument: a boundary or a content type that cannot be written
/// source    RFC 7578; names are escaped as the HTML Standard says
[[nodiscard]] Result<MultipartFrame> frame_multipart(const std::vector<FormPart>& parts,
                                                     std::string_view boundary);

/// `a=1&b=x+y`: application/x-www-form-urlencoded. URL Standard section 5.
[[nodiscard]] std::string write_form(
    const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace bowline::core
