#include "session/task/task_body.h"

#include <algorithm>
#include <utility>

namespace bowline::session {

TaskBody::TaskBody(SessionBody& session, const std::shared_ptr<RequestFacts>& facts)
    : session_(&session), facts_(std::make_shared<const RequestFacts>(*facts)) {
  priority_.urgency = core::urgency_of(facts_->priority);
}

TaskBody::~TaskBody() = default;

void TaskBody::drop_handle() {
  --handles_;
  drop_if_unwanted();
}

void TaskBody::begin() {
  if (state_ != State::idle) return;
  state_ = State::waiting;
  alive_ = detail::Ref<TaskBody>(this);
  began_ = stamp();
  active_at_ = now();
  if (auto added = session_->add_task(*this); !added.has_value()) return fail(added.error());
  if (auto prepared = prepare(); !prepared.has_value()) return fail(prepared.error());
  set_alarm();
  next_hop();
}

void TaskBody::add_waiter(ResponseRequest& request, ResponseRequest::Wish wish) {
  const detail::Ref<TaskBody> keep(this);
  if (wish == ResponseRequest::Wish::whole && intake_.has_given_pieces())
    return request.finish(
        Error(ErrorKind::closed, "result", "a part of the body has been received already"));
  if (state_ == State::done) {
    if (error_) return request.finish(*error_);
    return request.finish(response_now(wish == ResponseRequest::Wish::whole));
  }
  if (wish == ResponseRequest::Wish::head) {
    if (has_answer_) return request.finish(response_now(false));
    head_waiters_.push(request);
    return begin();
  }
  whole_waiters_.push(request);
  if (intake_.target() == Intake::Target::undecided)
    intake_.set_target(intake_.file() != nullptr ? Intake::Target::file : Intake::Target::memory);
  begin();
  go_on();
}

void TaskBody::remove_waiter(ResponseRequest& request, ResponseRequest::Wish wish) noexcept {
  const detail::Ref<TaskBody> keep(this);
  (wish == ResponseRequest::Wish::head ? head_waiters_ : whole_waiters_).remove(request);
  drop_if_unwanted();
}

void TaskBody::add_receiver(PieceRequest& request) {
  const detail::Ref<TaskBody> keep(this);
  if (!whole_waiters_.empty() || (intake_.target() != Intake::Target::undecided &&
                                  intake_.target() != Intake::Target::receivers))
    return request.finish(
        Error(ErrorKind::closed, "receive", "the body goes to result() or to a file"));
  intake_.set_target(Intake::Target::receivers);
  if (state_ == State::done) {
    if (error_) return request.finish(*error_);
    return request.finish(Message(Buffer(), true, true));
  }
  intake_.add_receiver(request);
  begin();
  go_on();
}

void TaskBody::remove_receiver(PieceRequest& request) noexcept {
  const detail::Ref<TaskBody> keep(this);
  intake_.remove_receiver(request);
  drop_if_unwanted();
}

void TaskBody::take_back(Message&& piece) { intake_.take_back(std::move(piece)); }

void TaskBody::suspend() {
  if (++suspensions_ > 1 || state_ == State::done) return;
  suspended_at_ = now();
  intake_.set_suspended(true);
  set_alarm();
}

void TaskBody::resume() {
  const detail::Ref<TaskBody> keep(this);
  if (suspensions_ > 0 && --suspensions_ > 0) return;
  if (suspended_at_) {
    const Duration pause = now() - *std::exchange(suspended_at_, std::nullopt);
    active_at_ += pause;
    total_deadline_ += pause;
  }
  intake_.set_suspended(false);
  if (state_ == State::idle) return begin();
  if (state_ == State::done) return;
  set_alarm();
  if (std::exchange(is_hop_wanted_, false)) return next_hop();
  go_on();
  if (link_) send_more();
}

void TaskBody::cancel() {
  if (state_ == State::done) return;
  const detail::Ref<TaskBody> keep(this);
  fail(Error(ErrorKind::cancelled, "request", "the task was cancelled"));
}

void TaskBody::set_priority(double value) {
  priority_.urgency = core::urgency_of(value);
  if (!link_) return;
  link_->carrier().set_priority(stream_, priority_);
  link_->pump();
}

UrlProgress TaskBody::progress() const {
  UrlProgress progress;
  progress.sent = upload_offset_;
  if (upload_) progress.to_send = upload_->octets();
  progress.received = intake_.octets_received();
  if (has_answer_) {
    const auto length = response_.fields.find("content-length");
    if (length && !length->empty() && length->size() < 19 &&
        std::ranges::all_of(*length, [](char c) { return c >= '0' && c <= '9'; }))
      progress.to_receive = std::stoull(std::string(*length));
  }
  return progress;
}

void TaskBody::set_progress_handler(std::move_only_function<void(const UrlProgress&)> handler) {
  on_progress_ = std::move(handler);
}

UrlMetrics TaskBody::metrics() const {
  std::vector<UrlTransaction> done;
  if (state_ == State::idle) return {};
  const Instant at = finished_.value_or(session_->ground().is_gone() ? began_ : stamp());
  for (const Transaction& each : transactions_) done.push_back(each.snapshot(began_, at));
  return {std::move(done), at - began_};
}

void TaskBody::handle_refused(const Error& error) {
  wish_ = 0;
  if (state_ == State::done) return;
  const detail::Ref<TaskBody> keep(this);
  if (try_another_way(error)) return retry(false);
  fail(error);
}

void TaskBody::handle_waiting(const core::PoolKey& key, const Error& why) {
  if (state_ != State::waiting || !on_waiting_ || make_key() != key) return;
  const detail::Ref<TaskBody> keep(this);
  auto handler = std::exchange(on_waiting_, nullptr);
  handler(why);
}

void TaskBody::handle_session_dropped() {
  const bool is_wanted =
      !head_waiters_.empty() || !whole_waiters_.empty() || intake_.has_receivers() || handles_ > 0;
  if (!is_wanted) cancel();
}

void TaskBody::handle_loop_gone() noexcept {
  if (state_ == State::done) return;
  const detail::Ref<TaskBody> keep(this);
  state_ = State::done;
  finished_ = began_;
  error_ = Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "request");
  link_ = {};
  tell_all(error_);
  session_->remove_task(*this);
  alive_ = {};
}

void TaskBody::fail(Error error) {
  if (state_ == State::done) return;
  end(std::move(error));
}

void TaskBody::finish_well() {
  if (state_ == State::done) return;
  if (intake_.target() == Intake::Target::file) {
    if (auto committed = intake_.file()->commit(); !committed.has_value())
      return fail(committed.error());
  }
  end(std::nullopt);
}

void TaskBody::end(const std::optional<Error>& error) {
  const detail::Ref<TaskBody> keep(this);
  state_ = State::done;
  error_ = error;
  finished_ = stamp();
  if (error && intake_.file() != nullptr) resume_data_ = make_resume_data();
  // What came behind the last octet, as making a file durable, is a part of it: no time is lost.
  if (!transactions_.empty()) transactions_.back().ended = finished_;
  alarm_.clear();
  shared_way_.stop();
  https_record_.stop();
  if (wish_ != 0) session_->withdraw(std::exchange(wish_, 0));
  leave_link();
  if (!error) keep_in_cache();
  tell_all(error);
  note_progress();
  on_progress_ = nullptr;
  on_waiting_ = nullptr;
  session_->remove_task(*this);
  alive_ = {};
}

void TaskBody::tell_head() {
  while (!head_waiters_.empty()) head_waiters_.pop().finish(response_now(false));
}

void TaskBody::tell_all(const std::optional<Error>& error) {
  if (error) {
    while (!head_waiters_.empty()) head_waiters_.pop().finish(*error);
    while (!whole_waiters_.empty()) whole_waiters_.pop().finish(*error);
    return intake_.fail_receivers(*error);
  }
  tell_head();
  while (!whole_waiters_.empty()) whole_waiters_.pop().finish(response_now(true));
  while (intake_.has_receivers()) static_cast<void>(intake_.go_on());
}

/// Nobody can hear of it any more.
void TaskBody::drop_if_unwanted() {
  if (handles_ > 0 || state_ == State::done) return;
  if (!head_waiters_.empty() || !whole_waiters_.empty() || intake_.has_receivers()) return;
  cancel();
}

UrlResponse TaskBody::response_now(bool is_whole) {
  UrlResponse::Facts facts;
  facts.status = response_.status;
  facts.reason = response_.reason;
  facts.version = wire::to_string(response_.version);
  facts.url = request_.url;
  facts.fields = response_.fields;
  facts.metrics = metrics();
  if (is_whole) {
    facts.trailers = trailers_;
    facts.body = intake_.memory();
    facts.body_octets = intake_.octets_decoded();
    if (intake_.target() == Intake::Target::file) facts.file = facts_->file;
  }
  return UrlResponse(std::move(facts));
}

void TaskBody::note_progress() {
  if (!on_progress_) return;
  const detail::Ref<TaskBody> keep(this);
  on_progress_(progress());
}

/// The idle limit is looked at when it would have been reached, not set back with each octet.
void TaskBody::set_alarm() {
  if (state_ == State::done || state_ == State::idle) return alarm_.clear();
  if (suspensions_ > 0) {
    // None of the limits runs; but the loop may go.
    return alarm_.set(session_->ground(), now() + std::chrono::hours(24 * 365), false);
  }
  Instant next = total_deadline_;
  if (state_ == State::exchanging) next = std::min(next, active_at_ + idle_timeout_);
  alarm_.set(session_->ground(), next, true);
}

void TaskBody::handle_alarm() {
  const detail::Ref<TaskBody> keep(this);
  if (state_ == State::done) return;
  if (suspensions_ > 0) return set_alarm();
  if (now() >= total_deadline_)
    return fail(Error(ErrorKind::timed_out, "request", "the task took too long"));
  if (state_ == State::exchanging && now() >= active_at_ + idle_timeout_)
    return fail(Error(ErrorKind::timed_out, "request", "the server was silent for too long")
                    .about(std::string(request_.url.authority())));
  set_alarm();
}

}  // namespace bowline::session
