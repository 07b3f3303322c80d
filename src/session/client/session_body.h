#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/detail/ref.h>
#include <bowline/loop.h>
#include <bowline/url_session.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/http/cookies/cookie_jar.h"
#include "core/http/pool/http_pool.h"
#include "session/carrier/alarm.h"
#include "session/client/facts.h"
#include "session/client/link.h"
#include "session/client/proxy_book.h"
#include "session/store/credential_book.h"
#include "session/store/hsts_list.h"
#include "session/store/response_cache.h"
#include "session/store/session_records.h"

namespace bowline::session {

class TaskBody;
class FinishRequest;

/// What the handles on a session share: its pool, what it remembers, and its tasks.
///
///   task wants a link --> the pool's machine --> opens a Link --> is given to the task --> the task's
///   stream
///
/// lifetime  by reference count: handles, tasks under way and links hold it
class SessionBody final : public detail::RefCounted<SessionBody> {
 public:
  SessionBody(Loop& loop, const std::shared_ptr<SessionFacts>& facts);
  ~SessionBody();

  // For handles.
  void add_handle() { ++handles_; }
  void drop_handle();
  /// Ends all tasks, and closes all connections.
  void cancel();
  /// Nothing new begins.
  void begin_finish();
  void add_waiter(FinishRequest& request);
  void remove_waiter(FinishRequest& request) noexcept;
  void forget_connections();

  // For tasks.
  [[nodiscard]] const detail::LoopGround& ground() const { return ground_; }
  [[nodiscard]] const SessionFacts& facts() const { return *facts_; }
  [[nodiscard]] core::HttpPool& pool() { return pool_; }
  [[nodiscard]] core::CookieJar& jar() { return jar_; }
  [[nodiscard]] HstsList& hsts() { return hsts_; }
  [[nodiscard]] ResponseCache& cache() { return cache_; }
  [[nodiscard]] CredentialBook& credentials() { return credentials_; }
  [[nodiscard]] ProxyBook& proxies() { return proxies_; }
  /// Those of proxies are kept apart from all origins'.
  [[nodiscard]] CredentialBook& proxy_credentials() { return proxy_credentials_; }
  /// Null without a store.
  [[nodiscard]] SessionRecords* records() { return records_ ? &*records_ : nullptr; }
  /// Before memory is asked: what others with the same store have done counts.
  ///
  /// errors    the store could not be opened
  [[nodiscard]] Result<void> refresh_memory();
  /// Behind what may have changed it.
  void keep_memory() {
    if (records_) records_->hand_over();
  }
  [[nodiscard]] std::int64_t wall_seconds() const {
    return ground_.wall_time().time_since_epoch().count();
  }
  /// Letters and digits that nobody can guess.
  [[nodiscard]] std::string chance(std::size_t characters) const;
  /// errors    closed once it was finished or cancelled
  [[nodiscard]] Result<void> add_task(TaskBody& task);
  void remove_task(TaskBody& task);
  /// The task is given a link, or refused, later.
  [[nodiscard]] Result<core::HttpPool::WishId> want(TaskBody& task, core::HttpPool::Wish wish);
  void withdraw(core::HttpPool::WishId wish);
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  /// Nothing: as the session has it. What differs for a host.
  [[nodiscard]] const DomainException* exception_for(const Url& url) const;
  /// The number of the security settings that hold for a URL, for the pool's key.
  [[nodiscard]] std::uint32_t security_number(const Url& url) const;

  /// A link to another host whose certificate is for this one, too, all else being equal; null if there is
  /// none, or one of its own, or the host has refused that before (421).
  [[nodiscard]] Link* link_that_covers(const core::PoolKey& key) const;
  [[nodiscard]] Link* find_link(core::HttpPool::LinkId id) const {
    const auto found = links_.find(id);
    return found == links_.end() ? nullptr : found->second.get();
  }
  /// The host does not want to be asked over another one's connection.
  void note_misdirected(const std::string& host);

  // For links.
  void handle_link_failed(Link& link, const Error& error);
  void handle_link_closed(Link& link);
  /// Every address failed for now, and it is tried again later.
  void handle_link_waiting(Link& link, const Error& why);
  /// The pool's machine may have something to say.
  void expect_pool_turn();
  void handle_loop_gone() noexcept;

  [[nodiscard]] std::size_t task_count() const { return tasks_.size(); }
  [[nodiscard]] std::size_t connection_count() const { return links_.size(); }

 private:
  void run_pool();
  void carry_out(const core::HttpPool::Open& open);
  void carry_out(core::HttpPool::Give& give);
  void carry_out(const core::HttpPool::Refuse& refuse);
  void carry_out(const core::HttpPool::Close& close);
  void handle_alarm();
  void tell_waiters();
  void end_if_unused();
  [[nodiscard]] SecurityOptions security_of(const core::PoolKey& key) const;
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan_for(const core::PoolKey& key);

  detail::LoopGround ground_;
  std::shared_ptr<const SessionFacts> facts_;
  core::HttpPool pool_;
  std::map<core::HttpPool::LinkId, detail::Ref<Link>> links_;
  std::map<core::HttpPool::WishId, TaskBody*> wishes_;
  std::set<std::string, std::less<>> separate_hosts_;
  std::set<TaskBody*> tasks_;
  detail::RequestList<FinishRequest> waiters_;
  core::CookieJar jar_;
  HstsList hsts_;
  ResponseCache cache_;
  std::optional<SessionRecords> records_;
  std::optional<Error> store_error_;
  CredentialBook credentials_;
  ProxyBook proxies_;
  CredentialBook proxy_credentials_;
  std::map<std::string, std::shared_ptr<const drive::StackPlan>> plans_;
  Alarm<SessionBody, &SessionBody::handle_alarm> alarm_{*this};
  core::HttpPool::WishId last_wish_ = 0;
  std::uint32_t generation_ = 0;
  std::size_t handles_ = 0;
  bool is_finishing_ = false;
  bool is_gone_ = false;
  bool is_in_pool_ = false;
  bool is_pool_turn_wanted_ = false;
};

/// Waits until no task is left.
class FinishRequest final : public detail::Request<void> {
 public:
  FinishRequest(detail::RequestQueue& queue, SessionBody& session)
      : detail::Request<void>(queue), session_(&session) {}

 private:
  void begin() override {
    session_->begin_finish();
    session_->add_waiter(*this);
  }
  void withdraw() noexcept override { session_->remove_waiter(*this); }
  detail::Ref<SessionBody> session_;
};

}  // namespace bowline::session
