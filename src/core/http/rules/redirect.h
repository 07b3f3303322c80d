#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/http_fields.h>
#include <bowline/result.h>
#include <bowline/url.h>

namespace bowline::core {

/// What was asked, as far as a redirect changes it.
struct RedirectedRequest {
  Url url;
  std::string method;
  HttpFields fields;
  bool keeps_body = true;       ///< false: the next request has none, and its fields are gone
  bool changes_origin = false;  ///< credentials and client certificates are not the next one's
};

struct RedirectRules {
  std::size_t hops_max = 20;
  bool allows_downgrade = false;  ///< from https to http
};

/// True for 301, 302, 303, 307 and 308.
[[nodiscard]] bool is_redirect(int status);

/// The request that follows a redirect. The fragment stays unless Location has one. Across origins,
/// Authorization, Cookie, Proxy-Authorization and Host are dropped, and any user in the URL.
///
/// errors    limit_exceeded after `hops_max`; refused for a downgrade; malformed for a broken Location;
///           unsupported for another scheme than http and https
/// source    RFC 9110 15.4; URL Standard; Fetch 4.4
[[nodiscard]] Result<RedirectedRequest> follow_redirect(const RedirectedRequest& request,
                                                        int status, std::string_view location,
                                                        std::size_t hops,
                                                        const RedirectRules& rules);

}  // namespace bowline::core
