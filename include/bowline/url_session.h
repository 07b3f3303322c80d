#pragma once

#include <bowline/export.h>
#include <bowline/operation.h>
#include <bowline/url_cookie.h>
#include <bowline/url_request.h>
#include <bowline/url_response.h>
#include <bowline/url_task.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::session {
class SessionBody;
}

namespace BOWLINE_API bowline {

class Loop;                  // bowline/loop.h
class SessionConfiguration;  // bowline/session_configuration.h

/// Fetches URLs: `co_await session.get("https://example.com/")`. Connections, cookies, stored responses and
/// what was learnt about hosts are shared by its tasks, and by nobody else. Copies are handles on the same;
/// the last one to go ends it: tasks that nobody waits for are cancelled, and connections closed.
///
/// thread    the loop's; from another one, `loop.call` or `loop.post` a function that uses it
class UrlSession {
 public:
  /// As a SessionConfiguration is that says nothing.
  explicit UrlSession(Loop& loop);
  UrlSession(Loop& loop, const SessionConfiguration& configuration);
  UrlSession(const UrlSession& other);
  UrlSession(UrlSession&& other) noexcept;
  UrlSession& operator=(UrlSession other) noexcept;
  ~UrlSession();

  /// The whole response, body in memory. A status such as 404 is a response, not an error.
  ///
  /// errors    those of connections; malformed, unsupported for the URL; untrusted; timed_out; limit_exceeded
  ///           for a body or head that is too large, and for the 21st redirect; protocol_violation; policy:
  ///           refused
  [[nodiscard]] Operation<UrlResponse> get(std::string_view url);
  [[nodiscard]] Operation<UrlResponse> fetch(const UrlRequest& request);
  /// For those who want to hold it, or its body piece by piece.
  [[nodiscard]] UrlTask task(const UrlRequest& request);

  /// What is kept; changes count at once, in memory and on disk.
  [[nodiscard]] std::vector<UrlCookie> cookies() const;
  /// errors    refused, with the rule of RFC 6265 that it breaks
  Result<void> set_cookie(const Url& url, std::string_view set_cookie_field);
  std::size_t remove_cookies(const std::function<bool(const UrlCookie&)>& is_unwanted);
  void clear_cookies();
  /// In the form of curl's cookie file; what it has no place for is left out: SameSite, and cookies of
  /// partitions.
  [[nodiscard]] std::string export_cookies() const;
  /// Adds those of such a file; gives how many lines were cookies.
  std::size_t import_cookies(std::string_view text);
  /// The same as JSON, with everything, as browsers' tools exchange it.
  [[nodiscard]] std::string export_cookies_json() const;
  /// errors    malformed: no array of such objects; limit_exceeded: over 10,000 cookies
  Result<std::size_t> import_cookies_json(std::string_view text);
  /// Gone from the store, too, when it returns: then it waits for the disk.
  void clear_cache();
  /// Waits until all that is remembered is on the disk; nothing without a store.
  ///
  /// errors    the first that writing met since the last call
  Result<void> flush_store();
  /// What was out of the ordinary when the store was opened: a damaged one lies elsewhere now.
  [[nodiscard]] std::string store_remark() const;
  /// Connections that were opened before are not used again; for a change of the network or of credentials.
  void forget_connections();

  /// Idle connections are closed now, others once their requests are done; new tasks fail with `closed`.
  /// Completes when no task is left.
  [[nodiscard]] Operation<void> finish();
  /// The same at once: tasks end with `cancelled`.
  void cancel();
  [[nodiscard]] std::size_t task_count() const;
  [[nodiscard]] std::size_t connection_count() const;

 private:
  session::SessionBody* body_ = nullptr;
};

}  // namespace BOWLINE_API bowline
