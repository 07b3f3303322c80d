#include "core/http/rules/redirect.h"

#include <utility>

#include "base/escape.h"

namespace bowline::core {

namespace {

bool is_web(const Url& url) { return url.scheme() == "http" || url.scheme() == "https"; }
void drop(HttpFields& fields, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) fields.remove(name);
}
Error refused(ErrorKind kind, const char* rule, const Url& to) {
  return Error(kind, "follow redirect", rule).about(escape(to.text(), 256));
}

/// RFC 9110 15.4.2 to 15.4.4: what browsers have always done with POST.
bool becomes_get(int status, std::string_view method) {
  if (status == 303) return method != "HEAD" && method != "GET";
  return (status == 301 || status == 302) && method == "POST";
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<RedirectedRequest> follow_redirect(const RedirectedRequest& request, int status,
                                          std::string_view location, std::size_t hops,
                                          const RedirectRules& rules) {
  BOWLINE_TRY(Url url, request.url.resolve(location));
  if (hops >= rules.hops_max) return refused(ErrorKind::limit_exceeded, "too many redirects", url);
  if (!is_web(url)) return refused(ErrorKind::unsupported, "a redirect to another scheme", url);
  if (request.url.scheme() == "https" && url.scheme() == "http" && !rules.allows_downgrade)
    return refused(ErrorKind::refused, "a redirect from https to http", url);
  RedirectedRequest next = request;
  if (!url.fragment() && request.url.fragment()) url = url.with_fragment(request.url.fragment());
  next.changes_origin = !url.has_origin_of(request.url);
  if (next.changes_origin) {
    drop(next.fields, {"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Host"});
    // A user that the peer writes into Location is one that it chose.
    url = url.with_credentials("", "");
  }
  if (becomes_get(status, request.method)) {
    next.method = "GET";
    next.keeps_body = false;
    drop(next.fields, {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location",
                       "Content-Length", "Content-Digest", "Repr-Digest", "Expect"});
  }
  next.url = std::move(url);
  return next;
}

}  // namespace bowline::core
