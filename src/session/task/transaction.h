#pragma once

#include <bowline/detail/url_facts.h>
#include <bowline/time.h>

#include <optional>
#include <string>

namespace bowline::session {

/// When what happened in one transaction, and the facts beside it.
struct Transaction {
  UrlTransaction::Facts facts;
  Instant started{};
  std::optional<Instant> given;  ///< a connection
  std::optional<Instant>
      link_began;     ///< its connection was begun, if it is new and was begun for this
  Duration naming{};  ///< of that
  Duration connecting{};
  Duration securing{};
  std::optional<Instant> sent;  ///< all of the request
  std::optional<Instant> response_began;
  std::optional<Instant> ended;

  /// As users see it, at `now` if it has not ended; `task_began` is when the task did.
  [[nodiscard]] UrlTransaction snapshot(Instant task_began, Instant now) const;
};

}  // namespace bowline::session
