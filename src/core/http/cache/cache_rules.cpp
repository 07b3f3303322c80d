#include "core/http/cache/cache_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/http/cache/cache_control.h"
#include "wire/http/characters.h"
#include "wire/http/list.h"

namespace bowline::core {

namespace {

bool is_accepted(int status) { return status >= 200 && status < 400; }
bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}
bool has_explicit_freshness(const wire::ResponseHead& head) {
  return parse_cache_control(head.fields).max_age || head.fields.contains("Expires");
}
/// Values of one field as Vary compares them: members joined in one way.
std::string normal_value(const HttpFields& fields, std::string_view name) {
  std::string joined;
  for (const std::string_view value : fields.all(name))
    for (const std::string_view member : wire::split_http_list(value)) {
      if (!joined.empty()) joined += ',';
      joined += member;
    }
  return joined;
}
template <class Each>
void each_vary_name(const wire::ResponseHead& head, Each each) {
  for (const std::string_view value : head.fields.all("Vary"))
    for (const std::string_view name : wire::split_http_list(value)) each(name);
}
bool has_own_conditions(const HttpFields& fields) {
  return fields.contains("If-None-Match") || fields.contains("If-Modified-Since") ||
         fields.contains("If-Match") || fields.contains("If-Unmodified-Since") ||
         fields.contains("If-Range");
}

}  // namespace

bool may_store(const wire::RequestHead& request, const wire::ResponseHead& response,
               const ResponseTimes& times) {
  const CacheControl asked = parse_cache_control(request.fields);
  const CacheControl said = parse_cache_control(response.fields);
  if (request.method != "GET" || response.status < 200) return false;
  if (response.status == 206 || response.status == 304 || request.fields.contains("Range"))
    return false;
  const bool knows_status = is_heuristically_cacheable(response.status) || response.status == 302 ||
                            response.status == 303 || response.status == 307;
  // RFC 9111 5.2.2.3: no-store is for those who do not know the status.
  const bool may_not = said.no_store && !(said.must_understand && knows_status);
  if (asked.no_store || may_not || (said.must_understand && !knows_status)) return false;
  if (response.fields.has_member("Vary", "*")) return false;
  const bool has_validator =
      response.fields.contains("ETag") || response.fields.contains("Last-Modified");
  return has_explicit_freshness(response) || freshness_lifetime(response, times) > 0 ||
         (is_heuristically_cacheable(response.status) && has_validator) || said.is_public;
}

HttpFields fields_named_by_vary(const wire::RequestHead& request,
                                const wire::ResponseHead& response) {
  HttpFields kept;
  each_vary_name(response, [&](std::string_view name) {
    if (kept.contains(name) || !wire::is_http_token(name)) return;
    const std::string value = normal_value(request.fields, name);
    if (request.fields.contains(name)) static_cast<void>(kept.add(name, value));
  });
  return kept;
}

bool fits_request(const StoredResponse& stored, const wire::RequestHead& request) {
  const bool fits_method =
      stored.method == request.method || (stored.method == "GET" && request.method == "HEAD");
  bool fits_fields = true;
  each_vary_name(stored.head, [&](std::string_view name) {
    const bool is_alike =
        stored.request_fields.contains(name) == request.fields.contains(name) &&
        normal_value(stored.request_fields, name) == normal_value(request.fields, name);
    fits_fields = fits_fields && is_alike && name != "*";
  });
  return fits_method && fits_fields;
}

CacheUse judge_use(const StoredResponse& stored, const wire::RequestHead& request,
                   std::int64_t now) {
  const CacheControl asked = parse_cache_control(request.fields);
  const CacheControl said = parse_cache_control(stored.head.fields);
  const std::int64_t age = current_age(stored.head, stored.times, now);
  const std::int64_t lifetime = freshness_lifetime(stored.head, stored.times);
  const bool is_fresh = lifetime > age;
  // RFC 8246: what never changes is not asked for again because somebody reloads.
  if (said.is_immutable && is_fresh && !said.no_cache) return CacheUse::fresh;
  if (asked.no_cache || said.no_cache) return CacheUse::validate;
  if (asked.max_age && age > *asked.max_age) return CacheUse::validate;
  if (asked.min_fresh && lifetime - age < *asked.min_fresh) return CacheUse::validate;
  if (is_fresh) return CacheUse::fresh;
  if (said.must_revalidate) return CacheUse::validate;
  const std::int64_t staleness = age - lifetime;
  if (asked.has_max_stale && (!asked.max_stale || staleness <= *asked.max_stale))
    return CacheUse::stale;
  if (said.stale_while_revalidate && staleness <= *said.stale_while_revalidate)
    return CacheUse::revalidating;
  return CacheUse::validate;
}

bool may_stand_in(const StoredResponse& stored, const wire::RequestHead& request,
                  std::int64_t now) {
  const CacheControl asked = parse_cache_control(request.fields);
  const CacheControl said = parse_cache_control(stored.head.fields);
  if (said.must_revalidate || said.no_cache || asked.no_cache) return false;
  const std::int64_t staleness =
      current_age(stored.head, stored.times, now) - freshness_lifetime(stored.head, stored.times);
  const auto allowed = asked.stale_if_error ? asked.stale_if_error : said.stale_if_error;
  return allowed && staleness <= *allowed;
}

bool add_conditions(const StoredResponse& stored, wire::RequestHead& request) {
  if (has_own_conditions(request.fields)) return false;
  const auto tag = stored.head.fields.find("ETag");
  const auto modified = stored.head.fields.find("Last-Modified");
  // What was in one head can stand in another.
  if (tag) static_cast<void>(request.fields.add("If-None-Match", *tag));
  if (modified) static_cast<void>(request.fields.add("If-Modified-Since", *modified));
  return tag || modified;
}

void freshen(StoredResponse& stored, const wire::ResponseHead& not_modified,
             const ResponseTimes& times) {
  static constexpr std::array<std::string_view, 5> of_the_body{
      "Content-Encoding", "Content-Type", "Content-Range", "Content-Length", "ETag"};
  const auto stays = [](std::string_view name) {
    return wire::is_hop_field(name) ||
           std::ranges::any_of(of_the_body, [name](std::string_view one) {
             return wire::equal_without_case(one, name);
           });
  };
  for (const HttpField field : not_modified.fields)
    if (!stays(field.name)) stored.head.fields.remove(field.name);
  // An old Age says nothing about what has just been confirmed.
  stored.head.fields.remove("Age");
  for (const HttpField field : not_modified.fields)
    if (!stays(field.name)) static_cast<void>(stored.head.fields.add(field.name, field.value));
  stored.times = times;
}

void remove_hop_fields(HttpFields& fields) {
  std::vector<std::string> names{"Proxy-Authenticate", "Proxy-Authentication-Info",
                                 "Proxy-Authorization"};
  for (const std::string_view value : fields.all("Connection"))
    for (const std::string_view name : wire::split_http_list(value)) names.emplace_back(name);
  for (const HttpField field : fields) {
    // How long the body is belongs to it, whoever carried it.
    const bool is_length = wire::equal_without_case(field.name, "Content-Length");
    if (wire::is_hop_field(field.name) && !is_length) names.emplace_back(field.name);
  }
  for (const std::string& name : names) fields.remove(name);
}

std::string age_of(const StoredResponse& stored, std::int64_t now) {
  return std::to_string(current_age(stored.head, stored.times, now));
}

std::vector<Url> invalidated_by(const Url& url, const std::string& method,
                                const wire::ResponseHead& response) {
  std::vector<Url> urls;
  if (is_safe(method) || !is_accepted(response.status)) return urls;
  urls.push_back(url.with_fragment(std::nullopt));
  for (const std::string_view name : {"Location", "Content-Location"}) {
    const auto reference = response.fields.find(name);
    if (!reference) continue;
    const auto other = url.resolve(*reference);
    if (other.has_value() && other->has_origin_of(url))
      urls.push_back(other->with_fragment(std::nullopt));
  }
  return urls;
}

}  // namespace bowline::core
