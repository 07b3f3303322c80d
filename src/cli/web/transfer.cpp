#include "cli/web/transfer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "cli/output/output.h"
#include "cli/web/web_options.h"
#include "cli/web/web_report.h"

namespace bowline::cli {

namespace {

constexpr Duration pause_first = std::chrono::seconds(1);
constexpr Duration pause_longest = std::chrono::seconds(60);

/// For what may be different a moment later.
bool may_pass(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::resolution_failed:
    case ErrorKind::resources_exhausted: return true;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::address_in_use:
    case ErrorKind::address_unavailable:
    case ErrorKind::permission_denied:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::untrusted:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return false;
  }
  return false;
}

bool may_pass(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::string resume_file_of(const std::string& file) { return file + ".resume"; }

}  // namespace

Transfer::Transfer(Loop& loop, UrlSession& session, UrlRequest request, Plan plan)
    : loop_(loop), session_(session), request_(std::move(request)), plan_(std::move(plan)) {
  if (!plan_.file.empty()) request_.to_file(plan_.file);
}

void Transfer::start(std::function<void()> done) {
  done_ = std::move(done);
  if (plan_.continues && !plan_.file.empty()) {
    // Without it, the download begins at its beginning.
    if (auto saved = read_whole(resume_file_of(plan_.file)); saved.has_value())
      resume_ = ResumeData(*std::move(saved));
  }
  begin();
}

void Transfer::interrupt() {
  is_interrupted_ = true;
  if (is_done_) return;
  if (task_) task_.cancel();
  if (pause_) {
    pause_ = {};
    end(Error(ErrorKind::cancelled, "get", "interrupted"));
  }
}

void Transfer::begin() {
  UrlRequest request = request_;
  if (!resume_.empty()) request.resume(std::exchange(resume_, {}));
  task_ = session_.task(request);
  began_ = loop_.now();
  if (plan_.rate_max) task_.on_progress([this](const UrlProgress&) { pace(); });
  if (!plan_.file.empty() || plan_.discards) {
    task_.result().detach(
        [this](Result<UrlResponse> response) { take_whole(std::move(response)); });
    return;
  }
  task_.head().detach([this](Result<UrlResponse> head) { take_head(std::move(head)); });
}

void Transfer::take_head(Result<UrlResponse>&& head) {
  if (!head.has_value()) return end(std::move(head).error());
  response_ = *std::move(head);
  if (may_pass(response_->status()) && try_again(nullptr)) return;
  if (plan_.prints_head) print(describe_head(*response_));
  take_more();
}

void Transfer::take_more() {
  task_.receive().detach([this](Result<Message> piece) { take_piece(std::move(piece)); });
}

void Transfer::take_piece(Result<Message>&& piece) {
  if (!piece.has_value()) return end(std::move(piece).error());
  if (!piece->empty()) {
    has_printed_ = true;
    print(piece->text());
  }
  if (std::ferror(stdout) != 0) {
    task_.cancel();
    return end(std::nullopt);  // whoever read it has had enough; a full disk is told at the end
  }
  if (piece->end_of_stream()) return end(std::nullopt);
  take_more();
}

void Transfer::take_whole(Result<UrlResponse>&& response) {
  if (!response.has_value()) return end(std::move(response).error());
  response_ = *std::move(response);
  if (may_pass(response_->status()) && try_again(nullptr)) return;
  if (plan_.prints_head) print(describe_head(*response_));
  end(std::nullopt);
}

void Transfer::end(std::optional<Error> error) {
  if (is_done_) return;
  if (task_) {
    metrics_ = task_.metrics();
    if (error && !task_.resume_data().empty()) resume_ = task_.resume_data();
  }
  if (error && is_interrupted_) error = Error(ErrorKind::cancelled, "get", "interrupted");
  if (error && try_again(&*error)) return;
  keep_resume_data();
  error_ = std::move(error);
  is_done_ = true;
  pacing_ = {};
  done_();
}

bool Transfer::try_again(const Error* error) {
  if (is_interrupted_ || retries_ >= plan_.retries_max || has_printed_) return false;
  if (error != nullptr && !may_pass(*error)) return false;
  Duration pause = std::min(pause_first * (std::int64_t{1} << std::min<std::uint64_t>(retries_, 6)),
                            pause_longest);
  if (response_) {
    // The server may know better, up to a minute.
    const auto wait = read_count(response_->field("retry-after"), "", 60);
    if (error == nullptr && wait.has_value()) pause = std::chrono::seconds(*wait);
  }
  ++retries_;
  pacing_ = {};
  task_ = {};
  response_.reset();
  pause_ = loop_.sleep(pause);
  pause_.start([this](const Result<void>&) {
    pause_ = {};
    begin();
  });
  return true;
}

/// Beside the file, for -C; gone once the file is there.
void Transfer::keep_resume_data() {
  if (plan_.file.empty()) return;
  const std::string name = resume_file_of(plan_.file);
  if (resume_.empty()) {
    if (response_ && response_->is_success()) ::unlink(name.c_str());
    return;
  }
  if (!write_private_file(name, resume_.text()).has_value())
    note("what is needed to go on could not be kept in " + name);
}

void Transfer::pace() {
  if (pacing_ || !task_) return;
  const auto due = due_time();
  if (due <= loop_.now()) return;
  task_.suspend();
  wait_until(due);
}

Instant Transfer::due_time() const {
  const UrlProgress now = task_.progress();
  const double seconds =
      static_cast<double>(now.received + now.sent) / static_cast<double>(*plan_.rate_max);
  return began_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// What was on its way already has come meanwhile, and counts too.
void Transfer::wait_until(Instant due) {
  pacing_ = loop_.sleep(due - loop_.now());
  pacing_.start([this](const Result<void>&) {
    pacing_ = {};
    if (const Instant next = due_time(); next > loop_.now()) return wait_until(next);
    task_.resume();
  });
}

Exit Transfer::exit_status() const {
  if (is_interrupted_ && error_) return exit_interrupted;
  if (error_) return exit_for(error_->kind());
  if (plan_.fails_on_status && response_ && response_->status() >= 400) return exit_negative;
  return exit_ok;
}

}  // namespace bowline::cli
