#pragma once

#include <bowline/export.h>
#include <bowline/result.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

/// A cookie as a session keeps it (rfc6265bis). A handle on shared facts.
class UrlCookie {
 public:
  struct Facts;  ///< the library's own; may grow
  UrlCookie() = default;
  explicit UrlCookie(Facts&& facts);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::string& value() const;
  [[nodiscard]] const std::string& domain() const;
  [[nodiscard]] const std::string& path() const;
  /// Empty: until the session ends.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> expires() const;
  [[nodiscard]] bool is_host_only() const;
  [[nodiscard]] bool is_secure() const;
  [[nodiscard]] bool is_http_only() const;
  /// "unset", "none", "lax" or "strict".
  [[nodiscard]] std::string same_site() const;
  [[nodiscard]] const std::string& partition() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

}  // namespace BOWLINE_API bowline
