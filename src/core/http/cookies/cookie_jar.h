#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/result.h>
#include <bowline/url.h>

#include "core/http/cookies/cookie.h"

namespace bowline::core {

/// Where a cookie comes from, or goes to.
struct CookieContext {
  std::int64_t now = 0;             ///< seconds since 1970
  bool is_http = true;              ///< false: a program asks, which does not see HttpOnly
  bool is_same_site = true;         ///< the request comes from the site that it goes to
  bool is_navigation = true;        ///< across sites, a safe request that opens a document
  std::string_view partition = {};  ///< the top-level site; empty = none
};

/// The cookies of one user agent.
///
/// limits    `Options`; beyond them expired cookies go first, then those that are not secure, then the least
///           recently used
/// source    rfc6265bis-22 sections 5.7 (keeping) and 5.8 (sending)
class CookieJar {
 public:
  struct Options {
    std::size_t cookies_max = 3000;
    std::size_t per_domain_max = 180;
    std::size_t set_per_response_max = 50;
    std::size_t sent_max = 150;
    std::size_t sent_octets_max = 8190;
  };
  /// True for `com`, `co.uk`, `github.io`; asked in lower case without a trailing dot.
  using IsPublicSuffix = std::function<bool(std::string_view domain)>;

  CookieJar(Options options, IsPublicSuffix is_public_suffix)
      : options_(options), is_public_suffix_(std::move(is_public_suffix)) {}

  /// Takes a Set-Cookie field in, or says why not. One that has expired already takes its forerunner away.
  ///
  /// errors    malformed, limit_exceeded: what the field says; refused with the rule
  Result<void> set(const Url& url, std::string_view field, const CookieContext& context);
  /// All fields of one response, as far as they may be; gives how many were kept.
  std::size_t set_all(const Url& url, std::span<const std::string_view> fields,
                      const CookieContext& context);
  /// The value of the Cookie field for a request: longer paths first, then older ones; empty if there is
  /// none.
  [[nodiscard]] std::string header_for(const Url& url, const CookieContext& context);

  [[nodiscard]] const std::vector<Cookie>& cookies() const { return cookies_; }
  /// Those for which `is_unwanted` is true are gone at once; gives how many.
  std::size_t remove_if(const std::function<bool(const Cookie&)>& is_unwanted);
  void clear();
  /// Puts cookies back that a jar has given away; expired ones are left out.
  void restore(std::vector<Cookie> cookies, std::int64_t now);

  // For those who keep cookies elsewhere, too.
  struct Change {
    Cookie cookie;
    bool is_gone = false;
  };
  /// From now on changes are written down, until they are taken.
  void note_changes() { notes_changes_ = true; }
  [[nodiscard]] std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  /// What is kept elsewhere already: no change of ours.
  void adopt(Cookie cookie, std::int64_t now);
  void drop(const std::function<bool(const Cookie&)>& is_unwanted) {
    std::erase_if(cookies_, is_unwanted);
  }

 private:
  Result<void> judge(const Cookie& cookie, const Url& url, const CookieContext& context) const;
  void keep(Cookie cookie, std::int64_t now);
  void evict(const std::string& domain, std::int64_t now);
  void note(const Cookie& cookie, bool is_gone);
  [[nodiscard]] bool overlays_secure(const Cookie& cookie) const;

  Options options_;
  IsPublicSuffix is_public_suffix_;
  std::vector<Cookie> cookies_;
  std::vector<Change> changes_;
  bool notes_changes_ = false;
};

/// `a.example.com` is below `example.com`, or is it; an address is below nothing. rfc6265bis 5.1.3.
[[nodiscard]] bool domain_matches(std::string_view host, std::string_view domain, bool is_address);
/// `/a/b` lies in `/a` and `/a/`, not in `/a/b/` or `/aa`. rfc6265bis 5.1.4.
[[nodiscard]] bool path_matches(std::string_view request_path, std::string_view cookie_path);
/// The path of a cookie that names none: up to the last slash of the request's.
[[nodiscard]] std::string default_cookie_path(std::string_view request_path);

}  // namespace bowline::core
