#pragma once

#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <bowline/http_fields.h>
#include <bowline/result.h>

#include "core/http/connection.h"
#include "wire/http/message.h"

namespace bowline::core {

/// Heads as nghttp2 takes them: names in lower case, pseudo-fields first. Secrets are marked so that no table
/// keeps them (RFC 7541 7.1.3). It owns what the pairs point to.
class Http2Head {
 public:
  explicit Http2Head(const wire::RequestHead& head, const HttpConnection::RequestForm& form);
  explicit Http2Head(const wire::ResponseHead& head, HttpBodySize body, bool has_length);
  explicit Http2Head(const HttpFields& trailers);

  /// Valid as long as the head.
  [[nodiscard]] const std::vector<nghttp2_nv>& pairs();

 private:
  void add(std::string_view name, std::string_view value);
  void add_all(const HttpFields& fields);

  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<nghttp2_nv> pairs_;
};

/// Takes one pair of a request or response in. False if HTTP does not allow it.
[[nodiscard]] bool take_field(wire::RequestHead& into, std::string_view name,
                              std::string_view value);
[[nodiscard]] bool take_field(wire::ResponseHead& into, std::string_view name,
                              std::string_view value);

}  // namespace bowline::core
