#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "core/http/cookies/cookie_jar.h"
#include "ports/record_store.h"
#include "session/store/hsts_list.h"
#include "session/store/response_cache.h"

namespace bowline::session {

/// Keeps what a session remembers on disk, and takes over what others with the same file do: cookies that
/// have a date on which they end, hosts that want TLS, stored responses. Memory is what counts; the file
/// follows, written by another thread.
class SessionRecords {
 public:
  struct Memory {
    core::CookieJar& jar;
    HstsList& hsts;
    ResponseCache& cache;
  };
  /// What is given by reference outlives it.
  SessionRecords(std::shared_ptr<ports::RecordStore> store, Memory memory);

  /// At first all that is there; later what others have changed. Waits for the disk, if they did.
  [[nodiscard]] Result<void> take_over(std::int64_t now);
  /// Behind anything that may have changed the memory.
  void hand_over();
  /// All cookies, or responses, are gone, on the disk too: waits for it.
  void clear_cookies() { clear("cookie"); }
  void clear_responses() { clear("response"); }
  /// errors    the first that writing or clearing met since the last call
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] const std::string& remark() const { return store_->remark(); }

 private:
  void take(ports::StoredRecord& record, std::int64_t now);
  void clear(std::string_view kind);

  std::shared_ptr<ports::RecordStore> store_;
  Memory memory_;
  bool has_read_ = false;
  std::optional<Error> failed_;
};

/// A cookie as a record, for tests too.
[[nodiscard]] ports::StoredRecord to_record(const core::Cookie& cookie);
[[nodiscard]] std::optional<core::Cookie> cookie_of(const ports::StoredRecord& record);
[[nodiscard]] ports::StoredRecord to_record(const ResponseCache::Stored& stored);
[[nodiscard]] std::optional<ResponseCache::Stored> response_of(const ports::StoredRecord& record);

}  // namespace bowline::session
