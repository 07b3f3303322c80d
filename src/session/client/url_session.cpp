#include <bowline/url_session.h>

#include <utility>

#include "session/client/session_body.h"
#include "session/store/cookie_facts.h"
#include "session/store/cookie_file.h"
#include "session/store/cookie_json.h"
#include "session/task/task_body.h"

namespace bowline {

using session::ResponseRequest;

namespace {

/// Those that are there already give way to those that are read.
std::size_t take_cookies(session::SessionBody& body, std::vector<core::Cookie> read,
                         std::int64_t wall) {
  const std::size_t count = read.size();
  for (const core::Cookie& each : read) {
    body.jar().remove_if([&](const core::Cookie& known) {
      return known.name == each.name && known.domain == each.domain && known.path == each.path &&
             known.partition == each.partition;
    });
  }
  body.jar().restore(std::move(read), wall);
  body.keep_memory();
  return count;
}

}  // namespace

UrlSession::UrlSession(Loop& loop, const SessionConfiguration& configuration)
    : body_(new session::SessionBody(loop, configuration.facts())) {
  body_->add_ref();
  body_->add_handle();
}
UrlSession::UrlSession(Loop& loop) : UrlSession(loop, SessionConfiguration()) {}
UrlSession::UrlSession(const UrlSession& other) : body_(other.body_) {
  if (body_ == nullptr) return;
  body_->add_ref();
  body_->add_handle();
}
UrlSession::UrlSession(UrlSession&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
UrlSession& UrlSession::operator=(UrlSession other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}
UrlSession::~UrlSession() {
  if (body_ == nullptr) return;
  body_->drop_handle();
  body_->drop_ref();
}

Operation<UrlResponse> UrlSession::get(std::string_view url) { return fetch(UrlRequest(url)); }

Operation<UrlResponse> UrlSession::fetch(const UrlRequest& request) {
  const detail::Ref<session::TaskBody> task(new session::TaskBody(*body_, request.facts()));
  return Operation<UrlResponse>(detail::RequestBase::make<ResponseRequest>(
      body_->ground().queue(), *task, ResponseRequest::Wish::whole));
}

UrlTask UrlSession::task(const UrlRequest& request) {
  const detail::Ref<session::TaskBody> task(new session::TaskBody(*body_, request.facts()));
  return UrlTask(*task);
}

std::vector<UrlCookie> UrlSession::cookies() const {
  std::vector<UrlCookie> all;
  for (const core::Cookie& cookie : body_->jar().cookies())
    all.emplace_back(UrlCookie::Facts{cookie});
  return all;
}

Result<void> UrlSession::set_cookie(const Url& url, std::string_view set_cookie_field) {
  core::CookieContext context;
  context.now = body_->wall_seconds();
  auto set = body_->jar().set(url, set_cookie_field, context);
  body_->keep_memory();
  return set;
}

std::size_t UrlSession::remove_cookies(const std::function<bool(const UrlCookie&)>& is_unwanted) {
  const std::size_t count = body_->jar().remove_if(
      [&](const core::Cookie& cookie) { return is_unwanted(UrlCookie(UrlCookie::Facts{cookie})); });
  body_->keep_memory();
  return count;
}

std::string UrlSession::export_cookies() const {
  return session::write_cookie_file(body_->jar().cookies());
}

std::size_t UrlSession::import_cookies(std::string_view text) {
  const std::int64_t wall = body_->wall_seconds();
  return take_cookies(*body_, session::read_cookie_file(text, wall), wall);
}

std::string UrlSession::export_cookies_json() const {
  return session::write_cookie_json(body_->jar().cookies());
}

Result<std::size_t> UrlSession::import_cookies_json(std::string_view text) {
  const std::int64_t wall = body_->wall_seconds();
  BOWLINE_TRY(std::vector<core::Cookie> read, session::read_cookie_json(text, wall));
  return take_cookies(*body_, std::move(read), wall);
}

void UrlSession::clear_cookies() {
  body_->jar().clear();
  if (auto* const records = body_->records()) records->clear_cookies();
}
void UrlSession::clear_cache() {
  body_->cache().clear();
  if (auto* const records = body_->records()) records->clear_responses();
}
Result<void> UrlSession::flush_store() {
  body_->keep_memory();
  if (auto* const records = body_->records()) return records->flush();
  return {};
}
std::string UrlSession::store_remark() const {
  const auto* const records = body_->records();
  return records == nullptr ? std::string() : records->remark();
}
void UrlSession::forget_connections() { body_->forget_connections(); }

Operation<void> UrlSession::finish() {
  return Operation<void>(
      detail::RequestBase::make<session::FinishRequest>(body_->ground().queue(), *body_));
}
void UrlSession::cancel() { body_->cancel(); }
std::size_t UrlSession::task_count() const { return body_->task_count(); }
std::size_t UrlSession::connection_count() const { return body_->connection_count(); }

UrlTask::UrlTask(session::TaskBody& body) : body_(&body) {
  body_->add_ref();
  body_->add_handle();
}
UrlTask::UrlTask(const UrlTask& other) : body_(other.body_) {
  if (body_ == nullptr) return;
  body_->add_ref();
  body_->add_handle();
}
UrlTask::UrlTask(UrlTask&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
UrlTask& UrlTask::operator=(UrlTask other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}
UrlTask::~UrlTask() {
  if (body_ == nullptr) return;
  body_->drop_handle();
  body_->drop_ref();
}
UrlTask::operator bool() const { return body_ != nullptr; }

Operation<UrlResponse> UrlTask::head() {
  return Operation<UrlResponse>(detail::RequestBase::make<ResponseRequest>(
      body_->session().ground().queue(), *body_, ResponseRequest::Wish::head));
}
Operation<Message> UrlTask::receive(std::size_t octets_max) {
  return Operation<Message>(detail::RequestBase::make<session::PieceRequest>(
      body_->session().ground().queue(), *body_, octets_max));
}
Operation<UrlResponse> UrlTask::result() {
  return Operation<UrlResponse>(detail::RequestBase::make<ResponseRequest>(
      body_->session().ground().queue(), *body_, ResponseRequest::Wish::whole));
}
void UrlTask::suspend() { body_->suspend(); }
void UrlTask::resume() { body_->resume(); }
void UrlTask::cancel() { body_->cancel(); }
void UrlTask::set_priority(double value) { body_->set_priority(value); }
UrlProgress UrlTask::progress() const { return body_->progress(); }
void UrlTask::on_progress(std::move_only_function<void(const UrlProgress&)> handler) {
  body_->set_progress_handler(std::move(handler));
}
void UrlTask::on_waiting(std::move_only_function<void(const Error&)> handler) {
  body_->set_waiting_handler(std::move(handler));
}
UrlMetrics UrlTask::metrics() const { return body_->metrics(); }
ResumeData UrlTask::resume_data() const { return body_->resume_data(); }

}  // namespace bowline
