// What an HTTP/2 connection waits for, and for how long.

#include <algorithm>
#include <vector>

#include "core/http/http2/connection.h"

namespace bowline::core {

template <class Each>
void Http2Connection::each_deadline(Each each) const {
  each(head_due_);
  each(idle_due_);
  if (const auto waiting = outbox_.waiting_since())
    each(std::optional(*waiting + bounded(options_.write_timeout)));
  for (const auto& [id, stream] : streams_) {
    each(stream.continue_at);
    each(stream.pace.deadline());
    if (stream.stalled_since)
      each(std::optional(*stream.stalled_since + bounded(options_.write_timeout)));
  }
}

std::optional<Instant> Http2Connection::deadline() const {
  if (is_over_) return std::nullopt;
  std::optional<Instant> next;
  each_deadline([&next](std::optional<Instant> one) {
    if (one) next = next ? std::min(*next, *one) : *one;
  });
  return next;
}

void Http2Connection::handle_timeout(Instant now) {
  contract_.check(!outbox_.has_output(), now);
  now_ = now;
  if (is_over_) return;
  const auto is_due = [now](std::optional<Instant> due) { return due && *due <= now; };
  const auto waiting = outbox_.waiting_since();
  if (waiting && *waiting + bounded(options_.write_timeout) <= now)
    return fail({ErrorKind::timed_out, "http2", "the peer takes nothing"}, NGHTTP2_NO_ERROR);
  if (is_due(head_due_))
    return fail(
        {ErrorKind::timed_out, ErrorDomain::http, 408, "http2", "the head comes too slowly"},
        NGHTTP2_ENHANCE_YOUR_CALM);
  if (is_due(idle_due_)) retire(NotReused::we_close);
  expire_streams(now);
  settle(now);
}

void Http2Connection::expire_streams(Instant now) {
  std::vector<std::int32_t> slow;
  for (auto& [id, stream] : streams_) {
    if (stream.continue_at && *stream.continue_at <= now) {
      stream.continue_at.reset();
      resume(id, stream);
      outbox_.put(RoomMade{static_cast<StreamId>(id)});
    }
    const auto pace = stream.pace.deadline();
    const bool is_stalled =
        stream.stalled_since && *stream.stalled_since + bounded(options_.write_timeout) <= now;
    if (is_stalled || (pace && *pace <= now)) slow.push_back(id);
  }
  for (const std::int32_t id : slow)
    reset(id, NGHTTP2_CANCEL,
          Error(ErrorKind::timed_out, ErrorDomain::http, 408, "http2",
                "the peer gives or takes the body too slowly"));
}

}  // namespace bowline::core
