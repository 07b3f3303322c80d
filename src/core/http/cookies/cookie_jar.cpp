#include "core/http/cookies/cookie_jar.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/http/cookies/set_cookie.h"
#include "wire/http/characters.h"

namespace bowline::core {

namespace {

bool is_secure_url(const Url& url) { return url.scheme() == "https" || url.scheme() == "wss"; }
bool is_expired(const Cookie& cookie, std::int64_t now) {
  return cookie.expires && *cookie.expires <= now;
}
bool is_same_cookie(const Cookie& a, const Cookie& b) {
  return a.name == b.name && a.domain == b.domain && a.is_host_only == b.is_host_only &&
         a.path == b.path && a.partition == b.partition;
}
bool starts_without_case(std::string_view text, std::string_view prefix) {
  return wire::equal_without_case(text.substr(0, prefix.size()), prefix);
}
Error refused(const char* rule) { return {ErrorKind::refused, "set cookie", rule}; }

/// What a name promises about its cookie: `__Secure-` and `__Host-`, in any case. rfc6265bis 5.7.
Result<void> check_prefix(const Cookie& cookie);
bool is_for(const Cookie& cookie, const Url& url, const CookieContext& context);

}  // namespace

Result<void> CookieJar::set(const Url& url, std::string_view field, const CookieContext& context) {
  BOWLINE_TRY(SetCookie said, parse_set_cookie(field, context.now));
  const std::string host(url.host());
  if (host.empty()) return refused("the URL has no host");
  Cookie cookie;
  cookie.domain = host;
  if (said.domain && !said.domain->empty()) {
    std::string_view bare = *said.domain;
    if (bare.ends_with('.')) bare.remove_suffix(1);
    // A public suffix that is a host itself may have cookies of its own, for nobody else.
    const bool is_public = is_public_suffix_(bare);
    if (is_public && *said.domain != host) return refused("the domain is a public suffix");
    if (!domain_matches(host, *said.domain, url.address().has_value()))
      return refused("the domain is not the host's");
    cookie.is_host_only = is_public;
    cookie.domain = *std::move(said.domain);
  }
  cookie.name = std::move(said.name);
  cookie.value = std::move(said.value);
  cookie.path = said.path ? *std::move(said.path) : default_cookie_path(url.path());
  cookie.partition = context.partition;
  cookie.expires = said.expires;
  cookie.created = cookie.last_used = context.now;
  cookie.is_secure = said.is_secure;
  cookie.is_http_only = said.is_http_only;
  cookie.same_site = said.same_site;
  BOWLINE_TRY_VOID(judge(cookie, url, context));
  keep(std::move(cookie), context.now);
  return {};
}

Result<void> CookieJar::judge(const Cookie& cookie, const Url& url,
                              const CookieContext& context) const {
  if (cookie.is_secure && !is_secure_url(url)) return refused("secure, but set without TLS");
  if (cookie.is_http_only && !context.is_http) return refused("HttpOnly, but set by a program");
  if (cookie.same_site == SameSite::none && !cookie.is_secure)
    return refused("SameSite=None, but not secure");
  const bool is_site_bound =
      cookie.same_site == SameSite::lax || cookie.same_site == SameSite::strict;
  if (is_site_bound && !context.is_same_site && !context.is_navigation)
    return refused("bound to its site, but set from another");
  BOWLINE_TRY_VOID(check_prefix(cookie));
  if (!cookie.is_secure && !is_secure_url(url) && overlays_secure(cookie))
    return refused("a secure cookie has that name");
  const auto old = std::ranges::find_if(
      cookies_, [&cookie](const Cookie& one) { return is_same_cookie(one, cookie); });
  if (old != cookies_.end() && old->is_http_only && !context.is_http)
    return refused("a program cannot change an HttpOnly cookie");
  return {};
}

/// What comes without TLS may not stand in front of what came with it. rfc6265bis 5.7, step 15.
bool CookieJar::overlays_secure(const Cookie& cookie) const {
  return std::ranges::any_of(cookies_, [&cookie](const Cookie& one) {
    return one.is_secure && one.name == cookie.name && one.partition == cookie.partition &&
           (domain_matches(one.domain, cookie.domain, false) ||
            domain_matches(cookie.domain, one.domain, false)) &&
           path_matches(cookie.path, one.path);
  });
}

void CookieJar::keep(Cookie cookie, std::int64_t now) {
  const auto old = std::ranges::find_if(
      cookies_, [&cookie](const Cookie& one) { return is_same_cookie(one, cookie); });
  if (old != cookies_.end() && !is_expired(cookie, now)) {
    cookie.created = old->created;  // its place in the order stays
    *old = std::move(cookie);
    note(*old, false);
    return;
  }
  if (old != cookies_.end()) {
    note(*old, true);
    cookies_.erase(old);
  }
  if (is_expired(cookie, now)) return;
  const std::string domain = cookie.domain;
  cookies_.push_back(std::move(cookie));
  note(cookies_.back(), false);
  evict(domain, now);
}

void CookieJar::evict(const std::string& domain, std::int64_t now) {
  std::erase_if(cookies_, [this, now](const Cookie& one) {
    if (!is_expired(one, now)) return false;
    note(one, true);
    return true;
  });
  const auto of_domain = [&domain](const Cookie& one) { return one.domain == domain; };
  const auto drop_one = [this](auto is_candidate) {
    auto worst = cookies_.end();
    for (auto at = cookies_.begin(); at != cookies_.end(); ++at)
      if (is_candidate(*at) &&
          (worst == cookies_.end() ||
           std::pair(at->is_secure, at->last_used) < std::pair(worst->is_secure, worst->last_used)))
        worst = at;
    note(*worst, true);
    cookies_.erase(worst);
  };
  while (static_cast<std::size_t>(std::ranges::count_if(cookies_, of_domain)) >
         options_.per_domain_max)
    drop_one(of_domain);
  while (cookies_.size() > options_.cookies_max) drop_one([](const Cookie&) { return true; });
}

std::size_t CookieJar::set_all(const Url& url, std::span<const std::string_view> fields,
                               const CookieContext& context) {
  std::size_t kept = 0;
  for (const std::string_view field :
       fields.first(std::min(fields.size(), options_.set_per_response_max)))
    if (set(url, field, context).has_value()) ++kept;
  return kept;
}

std::string CookieJar::header_for(const Url& url, const CookieContext& context) {
  std::vector<Cookie*> chosen;
  for (Cookie& cookie : cookies_)
    if (is_for(cookie, url, context)) chosen.push_back(&cookie);
  // Those of one second in the order in which they are kept.
  std::ranges::sort(chosen, [](const Cookie* a, const Cookie* b) {
    return std::tuple(b->path.size(), a->created, a) < std::tuple(a->path.size(), b->created, b);
  });
  std::string header;
  for (Cookie* cookie : std::span(chosen).first(std::min(chosen.size(), options_.sent_max))) {
    std::string pair = cookie->name.empty() ? cookie->value : cookie->name + "=" + cookie->value;
    if (header.size() + pair.size() + 2 > options_.sent_octets_max) break;
    cookie->last_used = context.now;
    if (!header.empty()) header += "; ";
    header += pair;
  }
  return header;
}

std::size_t CookieJar::remove_if(const std::function<bool(const Cookie&)>& is_unwanted) {
  return std::erase_if(cookies_, [&](const Cookie& one) {
    if (!is_unwanted(one)) return false;
    note(one, true);
    return true;
  });
}

void CookieJar::clear() {
  for (const Cookie& one : cookies_) note(one, true);
  cookies_.clear();
}

void CookieJar::adopt(Cookie cookie, std::int64_t now) {
  const bool noted = std::exchange(notes_changes_, false);
  drop([&cookie](const Cookie& one) { return is_same_cookie(one, cookie); });
  keep(std::move(cookie), now);
  notes_changes_ = noted;
}

void CookieJar::note(const Cookie& cookie, bool is_gone) {
  if (notes_changes_) changes_.push_back({cookie, is_gone});
}

void CookieJar::restore(std::vector<Cookie> cookies, std::int64_t now) {
  for (Cookie& cookie : cookies) keep(std::move(cookie), now);
}

bool domain_matches(std::string_view host, std::string_view domain, bool is_address) {
  if (host == domain) return true;
  return !is_address && !domain.empty() && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) {
  if (!request_path.starts_with(cookie_path)) return false;
  return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         request_path[cookie_path.size()] == '/';
}

std::string default_cookie_path(std::string_view request_path) {
  const std::size_t last = request_path.rfind('/');
  if (!request_path.starts_with('/') || last == 0) return "/";
  return std::string(request_path.substr(0, last));
}

namespace {

Result<void> check_prefix(const Cookie& cookie) {
  // Without a name, the value would be read as name and value by those it is sent to.
  const std::string_view shown = cookie.name.empty() ? cookie.value : cookie.name;
  const bool says_host = starts_without_case(shown, "__Host-");
  if (!says_host && !starts_without_case(shown, "__Secure-")) return {};
  if (cookie.name.empty()) return refused("a prefix in a cookie without a name");
  if (!cookie.is_secure) return refused("a prefix that only secure cookies have");
  if (says_host && (!cookie.is_host_only || cookie.path != "/"))
    return refused("a prefix that only cookies of one host and the path / have");
  return {};
}

bool is_for(const Cookie& cookie, const Url& url, const CookieContext& context) {
  const bool fits_host = cookie.is_host_only
                             ? url.host() == cookie.domain
                             : domain_matches(url.host(), cookie.domain, url.address().has_value());
  if (!fits_host || !path_matches(url.path(), cookie.path)) return false;
  if (cookie.partition != context.partition || is_expired(cookie, context.now)) return false;
  if (cookie.is_secure && !is_secure_url(url)) return false;
  if (cookie.is_http_only && !context.is_http) return false;
  if (context.is_same_site || cookie.same_site == SameSite::none) return true;
  return context.is_navigation && cookie.same_site != SameSite::strict;
}

}  // namespace

}  // namespace bowline::core
