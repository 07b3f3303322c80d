#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bowline::core {

enum class SameSite : std::uint8_t { unset, none, lax, strict };

/// One cookie as it is kept. Times are seconds since 1970 in UTC.
struct Cookie {
  std::string name;  ///< may be empty
  std::string value;
  std::string domain;  ///< of the host that set it, or above; lower case, no leading dot
  std::string path = "/";
  std::string partition = {};                ///< the top-level site it was set under; empty = none
  std::optional<std::int64_t> expires = {};  ///< none: until the session ends
  std::int64_t created = 0;
  std::int64_t last_used = 0;
  bool is_host_only = true;  ///< not for hosts below the domain
  bool is_secure = false;    ///< over https and wss only
  bool is_http_only = false;
  SameSite same_site = SameSite::unset;

  friend bool operator==(const Cookie&, const Cookie&) = default;
};

}  // namespace bowline::core
