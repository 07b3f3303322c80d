#include <utility>

#include "session/store/cookie_facts.h"

namespace bowline {

UrlCookie::UrlCookie(Facts&& facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}
const UrlCookie::Facts& UrlCookie::facts() const {
  static const Facts nothing;
  return facts_ ? *facts_ : nothing;
}
const std::string& UrlCookie::name() const { return facts().cookie.name; }
const std::string& UrlCookie::value() const { return facts().cookie.value; }
const std::string& UrlCookie::domain() const { return facts().cookie.domain; }
const std::string& UrlCookie::path() const { return facts().cookie.path; }
std::optional<std::chrono::sys_seconds> UrlCookie::expires() const {
  const auto& expires = facts().cookie.expires;
  if (!expires) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(*expires));
}
bool UrlCookie::is_host_only() const { return facts().cookie.is_host_only; }
bool UrlCookie::is_secure() const { return facts().cookie.is_secure; }
bool UrlCookie::is_http_only() const { return facts().cookie.is_http_only; }
std::string UrlCookie::same_site() const {
  switch (facts().cookie.same_site) {
    case core::SameSite::unset: return "unset";
    case core::SameSite::none: return "none";
    case core::SameSite::lax: return "lax";
    case core::SameSite::strict: return "strict";
  }
  return "unset";
}
const std::string& UrlCookie::partition() const { return facts().cookie.partition; }

}  // namespace bowline
