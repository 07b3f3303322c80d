#pragma once

#include <bowline/buffer.h>
#include <bowline/export.h>
#include <bowline/http_fields.h>
#include <bowline/url.h>
#include <bowline/url_metrics.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace BOWLINE_API bowline {

/// What came back: the status is an answer whatever it is, and never an error. A handle on shared facts.
///
/// thread    the loop's, for the body's sake
class UrlResponse {
 public:
  struct Facts;  ///< the library's own; may grow
  UrlResponse() = default;
  explicit UrlResponse(Facts&& facts);

  [[nodiscard]] int status() const;
  [[nodiscard]] bool is_success() const { return status() >= 200 && status() < 300; }
  /// As HTTP/1 sent it; nothing may depend on it.
  [[nodiscard]] const std::string& reason() const;
  /// "HTTP/1.1", "HTTP/2".
  [[nodiscard]] const std::string& version() const;
  /// Behind all redirects.
  [[nodiscard]] const Url& url() const;
  [[nodiscard]] const HttpFields& fields() const;
  [[nodiscard]] const HttpFields& trailers() const;
  /// The first field of that name; empty if there is none. Valid as long as the response.
  [[nodiscard]] std::string_view field(std::string_view name) const;

  /// The whole body, out of its content coding; empty if it went elsewhere: to a file, or to receive().
  [[nodiscard]] const Buffer& body() const;
  [[nodiscard]] std::string_view text() const { return body().text(); }
  /// How long the body is, wherever it went.
  [[nodiscard]] std::uint64_t body_octets() const;
  /// Where a download lies; empty if it was none.
  [[nodiscard]] const std::string& file() const;
  [[nodiscard]] const UrlMetrics& metrics() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

}  // namespace BOWLINE_API bowline
