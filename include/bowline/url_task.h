#pragma once

#include <bowline/detail/ref.h>
#include <bowline/export.h>
#include <bowline/message.h>
#include <bowline/operation.h>
#include <bowline/url_metrics.h>
#include <bowline/url_request.h>
#include <bowline/url_response.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace bowline::session {
class TaskBody;
}

namespace BOWLINE_API bowline {

/// How far a task has come, in octets of bodies.
struct UrlProgress {
  std::uint64_t sent = 0;
  std::optional<std::uint64_t> to_send;  ///< empty = unknown
  std::uint64_t received = 0;            ///< of the final response, as they came over the wire
  std::optional<std::uint64_t> to_receive;

  friend bool operator==(const UrlProgress&, const UrlProgress&) = default;
};

/// One request with all that comes of it: redirects, challenges, retries. It begins with the first operation
/// or resume(). Copies are handles on the same; the last one to go cancels it, unless an operation waits for
/// it.
///
/// thread    the session's loop's
class UrlTask {
 public:
  UrlTask() = default;
  explicit UrlTask(session::TaskBody& body);
  UrlTask(const UrlTask& other);
  UrlTask(UrlTask&& other) noexcept;
  UrlTask& operator=(UrlTask other) noexcept;
  ~UrlTask();
  explicit operator bool() const;

  /// The response, once its head is there; its body is for receive().
  [[nodiscard]] Operation<UrlResponse> head();
  /// The next piece of the body, out of its coding, at most `octets_max`; behind the last one an empty
  /// message with end_of_stream(). The peer is held back by who does not receive. Waits for the head by
  /// itself.
  [[nodiscard]] Operation<Message> receive(std::size_t octets_max = 65'536);
  /// All of it: the body in memory, or in the request's file.
  ///
  /// errors    limit_exceeded beyond UrlRequest::body_octets_max; closed if receive() has had a part of it
  [[nodiscard]] Operation<UrlResponse> result();

  /// Nothing is begun, received or timed until as many resume() have come.
  void suspend();
  void resume();
  /// Operations end with `cancelled`.
  void cancel();
  /// Counts from now on.
  void set_priority(double value);

  [[nodiscard]] UrlProgress progress() const;
  /// Called in place after each step, at most once a turn.
  void on_progress(std::move_only_function<void(const UrlProgress&)> handler);
  /// Called in place, at most once: there is no way to the server now, and the task waits for one, within its
  /// total_timeout. Only while the connection is made; not of one that is lost later.
  void on_waiting(std::move_only_function<void(const Error& why)> handler);
  /// What has been done by now.
  [[nodiscard]] UrlMetrics metrics() const;
  /// Of a download to a file that was cancelled or failed, and can be gone on with: it has come by range and
  /// validator. Empty otherwise.
  [[nodiscard]] ResumeData resume_data() const;

 private:
  session::TaskBody* body_ = nullptr;
};

}  // namespace BOWLINE_API bowline
