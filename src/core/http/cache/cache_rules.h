#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <bowline/http_fields.h>
#include <bowline/url.h>

#include "core/http/cache/freshness.h"
#include "wire/http/message.h"

namespace bowline::core {

/// A response as a cache keeps it, without its body.
struct StoredResponse {
  std::string method = "GET";      ///< of the request that it answered
  HttpFields request_fields = {};  ///< those that Vary names
  wire::ResponseHead head = {};
  ResponseTimes times = {};
};

/// True if a private cache may keep the response. RFC 9111 section 3. Partial content and 304 are for those
/// who combine them; they are not kept by themselves.
[[nodiscard]] bool may_store(const wire::RequestHead& request, const wire::ResponseHead& response,
                             const ResponseTimes& times);
/// What of the request has to be kept beside it.
[[nodiscard]] HttpFields fields_named_by_vary(const wire::RequestHead& request,
                                              const wire::ResponseHead& response);
/// The request would have selected this response: same method, or HEAD for a GET, and the same values of what
/// Vary names. RFC 9111 4.1.
[[nodiscard]] bool fits_request(const StoredResponse& stored, const wire::RequestHead& request);

enum class CacheUse : std::uint8_t {
  fresh,         ///< answer with it
  stale,         ///< answer with it: the request allows so much staleness
  revalidating,  ///< answer with it, and validate it meanwhile
  validate,      ///< ask the origin first
};
/// RFC 9111 section 4 and 5.2.1, RFC 5861 section 3, RFC 8246.
[[nodiscard]] CacheUse judge_use(const StoredResponse& stored, const wire::RequestHead& request,
                                 std::int64_t now);
/// The origin cannot be asked, or answered 500, 502, 503 or 504: may the stored response stand in? RFC 5861
/// 4.
[[nodiscard]] bool may_stand_in(const StoredResponse& stored, const wire::RequestHead& request,
                                std::int64_t now);
/// Adds If-None-Match and If-Modified-Since; false if the response has no validator, or the request has
/// conditions of its own.
[[nodiscard]] bool add_conditions(const StoredResponse& stored, wire::RequestHead& request);
/// A 304 freshens what is stored: its fields take the place of the old ones, but for those that describe the
/// body. RFC 9111 3.2 and 4.3.4.
void freshen(StoredResponse& stored, const wire::ResponseHead& not_modified,
             const ResponseTimes& times);
/// What was for one connection only is not kept: fields of the hop, and those that Connection names. RFC 9111
/// 3.1.
void remove_hop_fields(HttpFields& fields);
/// The Age field of an answer from the cache.
[[nodiscard]] std::string age_of(const StoredResponse& stored, std::int64_t now);
/// The URLs whose responses an answer to an unsafe method makes invalid: the request's own, and of the same
/// origin those of Location and Content-Location. RFC 9111 4.4.
[[nodiscard]] std::vector<Url> invalidated_by(const Url& url, const std::string& method,
                                              const wire::ResponseHead& response);

}  // namespace bowline::core
