// Values of fields as a user agent reads them: cookies, challenges, dates, cache directives, priorities and
// redirects. Nothing grows beyond its caps, and no cookie goes where it must not.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "core/http/cache/cache_rules.h"
#include "core/http/cookies/cookie_jar.h"
#include "core/http/cookies/set_cookie.h"
#include "core/http/priority.h"
#include "core/http/rules/challenge.h"
#include "core/http/rules/http_date.h"
#include "core/http/rules/redirect.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;

constexpr std::int64_t values_now = 1'793'000'000;

void check_cookie(std::string_view text) {
  const Url url = Url::parse("https://www.a.example/b/c").value();
  CookieJar jar({}, [](std::string_view domain) { return !domain.contains('.'); });
  if (!jar.set(url, text, {.now = values_now}).has_value()) return;
  for (const Cookie& cookie : jar.cookies()) {
    require(cookie.name.size() + cookie.value.size() <= cookie_pair_octets_max);
    require(cookie.domain == "www.a.example" || cookie.domain == "a.example");
    require(!cookie.expires || *cookie.expires <= values_now + cookie_age_max);
    require(cookie.path.starts_with('/'));
  }
  const std::string sent = jar.header_for(url, {.now = values_now});
  require(sent.size() <= 8190 && !sent.contains('\n') && !sent.contains('\r') &&
          !sent.contains(';'));
  require(jar.header_for(Url::parse("https://b.example/b/c").value(), {.now = values_now}).empty());
  require(
      jar.header_for(Url::parse("https://xa.example/b/c").value(), {.now = values_now}).empty());
}

void check_challenges(std::string_view text) {
  const auto challenges = parse_challenges(text);
  require(challenges.size() <= 16);
  for (const Challenge& challenge : challenges) {
    require(!challenge.scheme.empty() && challenge.parameters.size() <= 32);
    const DigestRequest request{.method = "GET",
                                .target = "/",
                                .username = "u",
                                .password = "p",
                                .client_nonce = "c",
                                .body = "b"};
    const auto hash = [](DigestAlgorithm, std::string_view of) {
      return std::to_string(of.size());
    };
    const auto credentials = digest_credentials(challenge, request, hash);
    require(!credentials.has_value() || credentials->starts_with("Digest username="));
  }
}

void check_date(std::string_view text) {
  if (const auto date = parse_http_date(text, values_now))
    require(parse_http_date(format_http_date(*date), values_now) == date);
  if (const auto date = parse_cookie_date(text))
    require(parse_cookie_date(format_http_date(*date)) == date || *date < -11'644'473'600);
}

void check_cache(std::string_view text) {
  wire::RequestHead request;
  wire::ResponseHead response;
  for (const std::string_view name : {"Cache-Control", "Vary", "Expires", "Age", "Last-Modified"}) {
    if (!response.fields.add(name, text).has_value()) return;
    require(request.fields.add(name, text).has_value());
  }
  const ResponseTimes times{values_now, values_now};
  StoredResponse stored{"GET", fields_named_by_vary(request, response), response, times};
  require(current_age(response, times, values_now) >= 0 &&
          freshness_lifetime(response, times) >= 0);
  if (may_store(request, response, times)) require(fits_request(stored, request));
  static_cast<void>(judge_use(stored, request, values_now + 1));
  freshen(stored, response, times);
}

void check_redirect(std::string_view text) {
  const RedirectedRequest request{.url = Url::parse("https://a.example/b").value(),
                                  .method = "POST",
                                  .fields = {{"Authorization", "x"}, {"Cookie", "y"}}};
  const auto next = follow_redirect(request, 302, text, 0, {});
  if (!next.has_value()) return;
  require(next->url.scheme() == "https");
  const bool is_same = next->url.authority() == "a.example";
  require(next->fields.contains("Cookie") == is_same && next->changes_origin != is_same);
}

}  // namespace

int fuzz_http_values(std::span<const std::byte> input) {
  const std::string_view text = as_text(input);
  check_cookie(text);
  check_challenges(text);
  check_date(text);
  check_cache(text);
  check_redirect(text);
  require(parse_http_priority(text).urgency <= 7);
  return 0;
}
