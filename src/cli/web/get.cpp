#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <bowline/session_configuration.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/subcommands.h"
#include "cli/web/transfer.h"
#include "cli/web/web_options.h"
#include "cli/web/web_report.h"

namespace bowline::cli {

namespace {

constexpr std::size_t at_once_max = 16;

/// Where the body of a URL goes.
Result<Transfer::Plan> plan_for(const Invocation& invocation, std::string_view url,
                                std::set<std::string>& names) {
  Transfer::Plan plan;
  plan.url = url;
  plan.prints_head = invocation.has("head") && !invocation.wants_json();
  plan.fails_on_status = invocation.has("fail");
  plan.continues = invocation.has("continue");
  if (const auto file = invocation.value("output")) {
    if (*file != "-") plan.file = *file;
  } else if (invocation.has("remote-name")) {
    BOWLINE_TRY(const Url parsed, Url::parse(with_scheme(url)));
    const auto name = file_name_of(parsed);
    if (!name)
      return usage_error("the URL ends with no name for a file; give one with -o: " + quoted(url));
    if (::access(name->c_str(), F_OK) == 0)
      return usage_error("there is a file of that name already, which -o would replace: " +
                         quoted(*name));
    if (!names.insert(*name).second)
      return usage_error("two URLs end with the same name: " + quoted(*name));
    plan.file = *name;
  }
  if (plan.continues && plan.file.empty())
    return usage_error("-C goes on with a file: give -o or -O");
  plan.discards = plan.file.empty() && (invocation.wants_json() || invocation.has("head"));
  if (const auto count = invocation.value("retry")) {
    BOWLINE_TRY(plan.retries_max, read_count(*count, "--retry", 1000));
  }
  if (const auto rate = invocation.value("limit-rate")) {
    BOWLINE_TRY(plan.rate_max, read_octets(*rate, "--limit-rate"));
  }
  return plan;
}

/// All URLs of one call: to files several at once, to standard output one behind the other.
class GetRun {
 public:
  GetRun(const Invocation& invocation, Loop& loop, UrlSession& session)
      : invocation_(invocation), loop_(loop), session_(session) {}

  [[nodiscard]] Result<void> add(std::string_view url) {
    BOWLINE_TRY(UrlRequest request, read_request(invocation_, url));
    if (invocation_.has("head")) request.method("HEAD");
    BOWLINE_TRY(Transfer::Plan plan, plan_for(invocation_, url, names_));
    prints_ = prints_ || (plan.file.empty() && !plan.discards);
    transfers_.emplace_back(loop_, session_, std::move(request), std::move(plan));
    return {};
  }

  int run() {
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    next_ = transfers_.begin();
    start_more();
    const bool draws = isatty(STDERR_FILENO) == 1 && !prints_ && !invocation_.wants_json();
    if (draws) draw_soon();
    loop_.run();
    if (draws) std::fputs("\r\x1b[K", stderr);
    session_.cancel();
    return status_;
  }

 private:
  void start_more() {
    const std::size_t limit = prints_ ? 1 : at_once_max;
    while (next_ != transfers_.end() && running_ < limit && !is_interrupted_) {
      Transfer& transfer = *next_++;
      ++running_;
      transfer.start([this, &transfer] { handle_done(transfer); });
    }
    if (running_ == 0) loop_.stop();
  }

  void handle_done(Transfer& transfer) {
    --running_;
    report(transfer);
    const Exit status = transfer.exit_status();
    if (status_ == exit_ok) status_ = status;
    // Not inside of its own call.
    loop_.post([this] { start_more(); });
  }

  void report(const Transfer& transfer) {
    if (invocation_.wants_json()) {
      Json json;
      write_response(json, transfer.plan().url,
                     transfer.response() ? &*transfer.response() : nullptr, transfer.error(),
                     transfer.metrics());
      print(json.text() + "\n");
      return;
    }
    if (invocation_.has("verbose")) {
      if (transfer.response()) std::fputs(describe_head(*transfer.response()).c_str(), stderr);
      std::fputs(describe_metrics(transfer.metrics()).c_str(), stderr);
    }
    if (transfer.error()) {
      if (transfers_.size() > 1) note(safe(transfer.plan().url) + ":");
      static_cast<void>(report_failure(*transfer.error(), false));
      return;
    }
    if (transfer.exit_status() != exit_ok)
      note("the answer is " + std::to_string(transfer.response()->status()) + ": " +
           safe(transfer.plan().url));
    if (!transfer.plan().file.empty() && transfer.response() && transfer.response()->file().empty())
      note("status " + std::to_string(transfer.response()->status()) +
           ", nothing was written: " + safe(transfer.plan().url));
  }

  void draw_soon() {
    drawing_ = loop_.sleep(std::chrono::milliseconds(200));
    drawing_.start([this](const Result<void>&) {
      draw();
      if (running_ > 0) draw_soon();
    });
  }

  /// One line for what is under way.
  void draw() {
    std::string line = "\r\x1b[K";
    std::size_t shown = 0;
    for (const Transfer& transfer : transfers_) {
      const UrlProgress progress = transfer.progress();
      if (transfer.is_done() || progress.received == 0 || ++shown > 3) continue;
      line += safe(transfer.plan().file, 24) + " " + octets_text(progress.received);
      if (progress.to_receive && *progress.to_receive > 0)
        line += " (" + std::to_string(progress.received * 100 / *progress.to_receive) + " %)";
      line += "  ";
    }
    std::fputs(line.c_str(), stderr);
  }

  void interrupt() {
    is_interrupted_ = true;
    if (status_ == exit_ok) status_ = exit_interrupted;
    for (Transfer& transfer : transfers_)
      if (!transfer.is_done()) transfer.interrupt();
    if (running_ == 0) loop_.stop();
  }

  const Invocation& invocation_;
  Loop& loop_;
  UrlSession& session_;
  std::list<Transfer> transfers_;
  std::list<Transfer>::iterator next_;
  std::set<std::string> names_;
  Operation<void> drawing_;
  std::size_t running_ = 0;
  int status_ = exit_ok;
  bool prints_ = false;
  bool is_interrupted_ = false;
};

int usage_or_failure(const Error& error, const Invocation& invocation) {
  const bool is_usage = error.kind() == ErrorKind::invalid_argument && error.code() == 0;
  return is_usage ? report_usage(error, invocation.command(), invocation.wants_json())
                  : report_failure(error, invocation.wants_json());
}

}  // namespace

int run_get(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto configuration = read_session(invocation);
  if (!configuration.has_value()) return usage_or_failure(configuration.error(), invocation);
  if (invocation.has("output") && invocation.arguments().size() > 1)
    return report_usage(usage_error("-o names one file, for one URL; for several there is -O"),
                        invocation.command(), as_json);
  UrlSession session(*loop, *configuration);
  const auto jar = invocation.value("cookie-jar");
  if (jar) {
    // One that is not there yet is made.
    if (const auto text = read_whole(std::string(*jar)); text.has_value())
      session.import_cookies(*text);
  }
  GetRun run(invocation, *loop, session);
  for (const std::string_view url : invocation.arguments()) {
    if (auto added = run.add(url); !added.has_value())
      return usage_or_failure(added.error(), invocation);
  }
  const int status = run.run();
  if (jar) {
    if (auto saved = write_private_file(std::string(*jar), session.export_cookies());
        !saved.has_value())
      return report_failure(saved.error(), as_json);
  }
  return status;
}

int run_put(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto configuration = read_session(invocation);
  if (!configuration.has_value()) return usage_or_failure(configuration.error(), invocation);
  const std::string file(invocation.arguments()[0]);
  std::string url(invocation.arguments()[1]);
  if (url.ends_with('/') && file != "-")
    url += percent_encode(file.substr(file.rfind('/') + 1), PercentSet::component);
  auto request = read_request(invocation, url);
  if (!request.has_value()) return usage_or_failure(request.error(), invocation);
  if (!invocation.has("request")) request->method("PUT");
  const std::string type(invocation.value("type").value_or("application/octet-stream"));
  if (file == "-") {
    auto content = read_whole(file);
    if (!content.has_value()) return report_failure(content.error(), as_json);
    request->body(*std::move(content), type);
  } else {
    request->body_file(file, type);
  }
  if (invocation.has("expect")) request->expect_continue();

  Transfer::Plan plan;
  plan.url = url;
  plan.discards = as_json;
  plan.fails_on_status = invocation.has("fail");
  if (const auto count = invocation.value("retry")) {
    const auto retries = read_count(*count, "--retry", 1000);
    if (!retries.has_value()) return usage_or_failure(retries.error(), invocation);
    plan.retries_max = *retries;
  }
  UrlSession session(*loop, *configuration);
  Transfer transfer(*loop, session, *std::move(request), std::move(plan));
  const InterruptWatch watch(*loop, [&] { transfer.interrupt(); });
  transfer.start([&] { loop->stop(); });
  if (!transfer.is_done()) loop->run();
  session.cancel();
  if (as_json) {
    Json json;
    write_response(json, url, transfer.response() ? &*transfer.response() : nullptr,
                   transfer.error(), transfer.metrics());
    print(json.text() + "\n");
    return transfer.exit_status();
  }
  if (invocation.has("verbose")) {
    if (transfer.response()) std::fputs(describe_head(*transfer.response()).c_str(), stderr);
    std::fputs(describe_metrics(transfer.metrics()).c_str(), stderr);
  }
  if (transfer.error()) {
    static_cast<void>(report_failure(*transfer.error(), false));
  } else if (transfer.response()->status() >= 400) {
    note("the answer is " + std::to_string(transfer.response()->status()));
  }
  return transfer.exit_status();
}

}  // namespace bowline::cli
