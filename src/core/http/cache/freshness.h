#pragma once

#include <cstdint>

#include "wire/http/message.h"

namespace bowline::core {

/// When a response was asked for and when it came, in seconds since 1970 by our clock.
struct ResponseTimes {
  std::int64_t requested = 0;
  std::int64_t received = 0;
};

/// For how many seconds a response is fresh: max-age, Expires less Date, or a tenth of the time since
/// Last-Modified (a week at most) for statuses that allow a guess. RFC 9111 4.2.1 and 4.2.2.
[[nodiscard]] std::int64_t freshness_lifetime(const wire::ResponseHead& head,
                                              const ResponseTimes& times);
/// How old it is now, by Age, Date and the time it took to come. RFC 9111 4.2.3.
[[nodiscard]] std::int64_t current_age(const wire::ResponseHead& head, const ResponseTimes& times,
                                       std::int64_t now);
/// Statuses of which RFC 9110 15.1 says that a cache may guess.
[[nodiscard]] bool is_heuristically_cacheable(int status);

}  // namespace bowline::core
