#include <optional>
#include <string>

#include <bowline/loop.h>
#include <bowline/path_monitor.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/terminal.h"
#include "cli/path/path_output.h"
#include "cli/subcommands.h"
#include "cli/words/arguments.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

/// What the options ask for: of the whole host, unless they say something about the way.
struct PathQuestion {
  std::optional<Endpoint> endpoint;
  Parameters parameters;
  bool is_whole = true;
};

Result<PathQuestion> read_question(const Invocation& invocation, Loop& loop) {
  PathQuestion question;
  BOWLINE_TRY_VOID(read_way_options(invocation, loop, question.parameters));
  question.is_whole = question.parameters == Parameters();
  if (invocation.arguments().empty()) return question;
  constexpr std::uint16_t any_port = 1;  // the way to all of them is the same
  BOWLINE_TRY(question.endpoint, Endpoint::parse_host(invocation.arguments()[0], any_port));
  question.is_whole = false;
  return question;
}

void show_path(const Path& path, bool as_json) {
  if (as_json) {
    Json json;
    write_path(json, path);
    print(json.text() + "\n");
  } else {
    print(render(path, style_of_output()));
  }
}

/// Prints each path until it is interrupted. Of the whole host, a change of what is there may leave the path
/// of the system as it was; then the next one tells.
class PathWatchRun {
 public:
  PathWatchRun(Loop& loop, PathMonitor& monitor, bool is_whole, bool as_json)
      : loop_(loop), monitor_(monitor), is_whole_(is_whole), as_json_(as_json) {}

  [[nodiscard]] int run() {
    const InterruptWatch watch(loop_, [this] { loop_.stop(); });
    monitor_.on_update([this](const Path& path) { show_next(path); });
    loop_.run();
    return exit_interrupted;
  }

 private:
  void show_next(const Path& path) {
    if (!as_json_ && shown_) print("\n");
    shown_ = true;
    const auto whole = loop_.path();
    show_path(is_whole_ && whole.has_value() ? *whole : path, as_json_);
    static_cast<void>(finish_output(exit_ok));  // a reader on a pipe wants it now
  }

  Loop& loop_;
  PathMonitor& monitor_;
  const bool is_whole_;
  const bool as_json_;
  bool shown_ = false;
};

Result<PathMonitor> open_monitor(Loop& loop, const PathQuestion& question) {
  if (question.endpoint) return PathMonitor::towards(loop, *question.endpoint, question.parameters);
  return PathMonitor(loop, question.parameters);
}

}  // namespace

int run_path(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto question = read_question(invocation, *loop);
  if (!question.has_value()) return report_usage(question.error(), invocation.command(), as_json);
  auto monitor = open_monitor(*loop, *question);
  if (!monitor.has_value()) return report_usage(monitor.error(), invocation.command(), as_json);
  if (invocation.has("watch"))
    return PathWatchRun(*loop, *monitor, question->is_whole, as_json).run();
  if (!question->is_whole) {
    show_path(monitor->current(), as_json);
    return monitor->current().is_satisfied() ? exit_ok : exit_negative;
  }
  const auto path = loop->path();
  if (!path.has_value()) return report_failure(path.error(), as_json);
  show_path(*path, as_json);
  return exit_ok;
}

}  // namespace bowline::cli
