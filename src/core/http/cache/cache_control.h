#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <bowline/http_fields.h>

namespace bowline::core {

/// The directives of Cache-Control that a private cache acts on. Seconds are at most 2^31; a number that is
/// broken or said twice in two ways reads as 0, so that the response is stale (RFC 9111 4.2.1).
struct CacheControl {
  bool no_store = false;
  bool no_cache =
      false;  ///< of a response, without a list of fields; with one, all of it is validated too
  bool must_revalidate = false;
  bool is_public = false;
  bool is_immutable = false;
  bool only_if_cached = false;
  bool must_understand = false;
  bool has_max_stale = false;
  std::optional<std::int64_t> max_age;
  std::optional<std::int64_t> max_stale;  ///< none, but has_max_stale: however stale
  std::optional<std::int64_t> min_fresh;
  std::optional<std::int64_t> stale_while_revalidate;
  std::optional<std::int64_t> stale_if_error;
};

/// All Cache-Control fields of a head; for a request without one, `Pragma: no-cache` counts (RFC 9111 5.4).
[[nodiscard]] CacheControl parse_cache_control(const HttpFields& fields);

}  // namespace bowline::core
