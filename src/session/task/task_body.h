#pragma once

#include <bowline/detail/ref.h>
#include <bowline/url_task.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/rules/redirect.h"
#include "session/body/upload.h"
#include "session/carrier/alarm.h"
#include "session/client/session_body.h"
#include "session/task/intake.h"
#include "session/task/name_question.h"
#include "session/task/requests.h"
#include "session/task/transaction.h"

namespace bowline::session {

/// One task: from its first request to the answer that its program gets.
///
///   idle --> waiting for a link --> exchanging --> done
///               ^                     |
///               '-- redirect, challenge, retry
///
/// Whoever waits is told exactly once; after `done` nothing happens any more.
///
/// lifetime  by reference count; while it is under way it holds itself, and its session
class TaskBody final : public detail::RefCounted<TaskBody>,
                       private StreamUser,
                       private Intake::Owner {
 public:
  TaskBody(SessionBody& session, const std::shared_ptr<RequestFacts>& facts);
  ~TaskBody();

  // For handles and operations.
  void add_handle() { ++handles_; }
  /// With the last one goes the task, unless somebody waits for it.
  void drop_handle();
  void begin();
  void add_waiter(ResponseRequest& request, ResponseRequest::Wish wish);
  void remove_waiter(ResponseRequest& request, ResponseRequest::Wish wish) noexcept;
  void add_receiver(PieceRequest& request);
  void remove_receiver(PieceRequest& request) noexcept;
  void take_back(Message&& piece);
  void suspend();
  void resume();
  void cancel();
  void set_priority(double value);
  [[nodiscard]] UrlProgress progress() const;
  void set_progress_handler(std::move_only_function<void(const UrlProgress&)> handler);
  void set_waiting_handler(std::move_only_function<void(const Error&)> handler) {
    on_waiting_ = std::move(handler);
  }
  [[nodiscard]] UrlMetrics metrics() const;
  [[nodiscard]] ResumeData resume_data() const { return resume_data_; }
  [[nodiscard]] SessionBody& session() { return *session_; }

  // For the session.
  void handle_given(Link& link, const core::HttpPool::Give& give);
  void handle_refused(const Error& error);
  /// It waits for a link with this key, which waits for a way.
  void handle_waiting(const core::PoolKey& key, const Error& why);
  void handle_session_dropped();
  void handle_loop_gone() noexcept override;

 private:
  enum class State : std::uint8_t { idle, waiting, exchanging, done };
  /// What a final response means, before anybody hears of it.
  enum class Verdict : std::uint8_t { answer, again, not_modified };

  // task_body.cpp
  void fail(Error error);
  void finish_well();
  void end(const std::optional<Error>& error);
  void tell_head();
  void tell_all(const std::optional<Error>& error);
  void drop_if_unwanted();
  [[nodiscard]] UrlResponse response_now(bool is_whole);
  [[nodiscard]] Instant now() const { return session_->ground().now(); }
  /// For metrics: the loop's own time stands still while it does much at once.
  [[nodiscard]] Instant stamp() const { return session_->ground().precise_now(); }
  void note_progress();
  void set_alarm();
  void handle_alarm();

  // hops.cpp: what is asked next, and what an answer means.
  [[nodiscard]] Result<void> prepare();
  void next_hop();
  void begin_hop();
  /// True if it is being found out whether the host wants to be asked over TLS.
  [[nodiscard]] bool look_for_https_record();
  void handle_https_record(bool has_one);
  [[nodiscard]] Result<void> check_policy() const;
  void upgrade_by_hsts();
  [[nodiscard]] Result<void> make_head();
  void add_credentials();
  /// True if the answer is there, or comes, without asking the network.
  [[nodiscard]] bool answer_from_cache();
  [[nodiscard]] core::PoolKey make_key() const;
  void want_link(bool is_fresh);
  void want_link_with(core::PoolKey key, bool is_fresh);
  /// True if it is being found out whether another host's connection will do.
  [[nodiscard]] bool look_for_shared_link(const core::PoolKey& key);
  void handle_shared_way(bool is_agreed);
  [[nodiscard]] Result<Verdict> judge();
  [[nodiscard]] Result<bool> follow();
  [[nodiscard]] bool authenticate();
  // proxies.cpp
  [[nodiscard]] Result<void> choose_way();
  [[nodiscard]] bool is_forwarded() const;
  void add_proxy_credentials();
  [[nodiscard]] Result<void> authenticate_to_proxy();
  [[nodiscard]] bool ask_for_proxy_credential(const std::string& realm, const std::string& scheme);
  [[nodiscard]] bool try_another_way(const Error& error);
  void learn_from_response();
  [[nodiscard]] Result<void> begin_answer();
  void answer_from_stored(UrlSource source);
  [[nodiscard]] bool stand_in();
  void answer_missing();
  void keep_in_cache();
  [[nodiscard]] Result<void> begin_resume();
  [[nodiscard]] Result<void> continue_file();
  [[nodiscard]] ResumeData make_resume_data();
  void close_transaction();

  // exchange.cpp: the link.
  void handle_response(wire::ResponseHead& head) override;
  void handle_body(std::span<const std::byte> bytes) override;
  void handle_message_end(HttpFields& trailers) override;
  void handle_room() override;
  void handle_body_unwanted() override;
  void handle_stream_done() override;
  void handle_stream_failed(const Error& error, core::HttpRetry retry) override;
  void send_more();
  void ask_source();
  void handle_supplied(Result<Buffer>&& piece);
  [[nodiscard]] bool send_piece();
  void leave_link();
  void retry(bool is_fresh);
  void take_next_step();
  void go_on();

  // Intake::Owner
  void handle_taken(std::size_t octets) override;

  detail::Ref<SessionBody> session_;
  std::shared_ptr<const RequestFacts> facts_;
  detail::Ref<TaskBody> alive_;  // itself, while it is under way
  State state_ = State::idle;
  std::size_t handles_ = 0;
  unsigned suspensions_ = 0;
  std::optional<Instant> suspended_at_;
  bool is_hop_wanted_ = false;  // once it is resumed

  // The present hop.
  core::RedirectedRequest request_;
  wire::RequestHead head_;
  std::size_t hops_ = 0;
  std::size_t retries_ = 0;
  std::size_t refusals_ = 0;  // of credentials
  unsigned challenges_ = 0;   // that were answered, or tried to be
  std::string sent_authorization_;
  bool has_own_credentials_ = true;  // false across origins
  bool is_validating_ = false;       // a stored response
  std::uint64_t resume_offset_ = 0;
  std::string resume_validator_;
  bool has_retried_misdirected_ = false;
  std::string cache_key_;
  std::int64_t requested_at_ = 0;
  core::HttpPriority priority_;
  std::vector<ProxyBook::Way> ways_;  // to the present origin
  std::string ways_lead_to_;          // that origin
  std::size_t way_ = 0;
  std::string sent_proxy_authorization_;
  unsigned proxy_refusals_ = 0;
  NameQuestion<TaskBody, &TaskBody::handle_shared_way> shared_way_{*this};
  NameQuestion<TaskBody, &TaskBody::handle_https_record> https_record_{*this};
  core::HttpPool::LinkId shared_link_ = 0;

  core::HttpPool::WishId wish_ = 0;  // 0: none
  detail::Ref<Link> link_;
  Link::StreamId stream_ = 0;
  bool was_reused_ = false;
  bool has_answer_ = false;     // response_ is what the program gets
  bool is_discarding_ = false;  // the body of a response that leads elsewhere
  std::size_t discarded_ = 0;
  Verdict after_ = Verdict::answer;  // what comes behind it
  bool is_next_fresh_ = false;
  bool is_message_ended_ = false;

  std::unique_ptr<Upload> upload_;
  std::uint64_t upload_offset_ = 0;
  Buffer upload_piece_;
  std::uint64_t supply_ = 0;  // the question that is waited for
  bool is_supplying_ = false;
  bool is_asking_ = false;  // inside of the source's call
  bool is_upload_done_ = true;

  wire::ResponseHead response_;
  HttpFields trailers_;
  Intake intake_{*this};
  ResumeData resume_data_;

  std::vector<Transaction> transactions_;
  Instant began_{};
  std::optional<Instant> finished_;
  Instant active_at_{};
  Duration idle_timeout_{};
  Instant total_deadline_{};
  Alarm<TaskBody, &TaskBody::handle_alarm> alarm_{*this};
  friend class Alarm<TaskBody, &TaskBody::handle_alarm>;

  detail::RequestList<ResponseRequest> head_waiters_;
  detail::RequestList<ResponseRequest> whole_waiters_;
  std::move_only_function<void(const UrlProgress&)> on_progress_;
  std::move_only_function<void(const Error&)> on_waiting_;
  std::optional<Error> error_;
};

}  // namespace bowline::session
