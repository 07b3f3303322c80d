#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <bowline/listener.h>
#include <bowline/loop.h>
#include <bowline/trace.h>
#include <bowline/websocket.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/secure/security_notes.h"
#include "cli/subcommands.h"
#include "cli/ws/ws_events.h"
#include "cli/ws/ws_lines.h"
#include "cli/ws/ws_talk.h"
#include "cli/ws/ws_words.h"

namespace bowline::cli {

namespace {

constexpr Duration ws_connect_timeout = std::chrono::seconds(30);
constexpr std::uint16_t code_going_away = 1001;
constexpr std::uint16_t code_normal = 1000;

/// One connection: lines of standard input go out, and messages come in.
class WsClient {
 public:
  WsClient(Loop& loop, const WsPlan& plan)
      : loop_(loop), plan_(plan), events_(plan.as_json), lines_(loop) {}

  int run() {
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    const Loop::Hold hold = loop_.hold();
    Parameters parameters = plan_.network.parameters;
    parameters.connect_within(plan_.network.timeout.value_or(ws_connect_timeout));
    connection_ = connect(loop_, plan_.endpoint, plan_.stack(), parameters);
    ready_ = connection_.ready();
    ready_.start([this](const Result<void>& ready) {
      if (!ready.has_value()) return end(report_failure(ready.error(), plan_.as_json));
      talk_.emplace(loop_, plan_, events_, connection_, "",
                    [this](const WsTalk& talk) { end(talk.status()); });
      talk_->start();
      send_next();
    });
    loop_.run();
    return status_.value_or(exit_ok);
  }

 private:
  void send_next() {
    lines_.next([this](std::optional<std::string> line) {
      if (!line) {
        if (lines_.error()) note(describe(*lines_.error()));
        return talk_->end_input(code_normal);
      }
      talk_->send(*std::move(line), [this] { send_next(); });
    });
  }

  /// Once to say goodbye, twice to be gone.
  void interrupt() {
    lines_.forget();
    if (!talk_ || std::exchange(interrupted_, true)) return end(exit_interrupted);
    talk_->say_goodbye(code_going_away);
  }

  void end(int status) {
    if (!status_) status_ = interrupted_ ? static_cast<int>(exit_interrupted) : status;
    lines_.forget();
    loop_.stop();
  }

  Loop& loop_;
  const WsPlan& plan_;
  const WsEvents events_;
  WsLines lines_;
  WebSocketConnection connection_;
  Operation<void> ready_;
  std::optional<WsTalk> talk_;
  std::optional<int> status_;
  bool interrupted_ = false;
};

/// As many connections as come: lines of standard input go to all of them.
class WsServer {
 public:
  WsServer(Loop& loop, const WsPlan& plan)
      : loop_(loop), plan_(plan), events_(plan.as_json), lines_(loop) {}

  int run() {
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    const Loop::Hold hold = loop_.hold();
    auto opened = listen(loop_, plan_.endpoint, plan_.stack());
    if (!opened.has_value()) return report_failure(opened.error(), plan_.as_json);
    listener_ = *std::move(opened);
    listener_.on_connection(
        [this](WebSocketConnection connection) { take_in(std::move(connection)); });
    refusals_ = loop_.trace([this](const TraceEvent& event) {
      if (event.kind == "handshake_failed" && event.error != nullptr) events_.refused(*event.error);
    });
    const bool is_secure = plan_.security.protection != Protection::none;
    events_.listening((is_secure ? "wss://" : "ws://") + to_string(listener_.local_address()) +
                      "/");
    if (!plan_.echoes) send_next();
    loop_.run();
    return interrupted_ ? exit_ok : status_;
  }

 private:
  void take_in(WebSocketConnection connection) {
    std::string id = connection.id();
    talks_.push_back(std::make_unique<WsTalk>(loop_, plan_, events_, std::move(connection),
                                              std::move(id),
                                              [this](WsTalk& talk) { forget(talk); }));
    talks_.back()->start();
  }

  void forget(const WsTalk& talk) {
    talks_.remove_if([&](const auto& each) { return each.get() == &talk; });
    if (interrupted_ && talks_.empty()) loop_.stop();
  }

  /// The end of input ends nothing: clients may still talk.
  void send_next() {
    lines_.next([this](const std::optional<std::string>& line) {
      if (!line) return;
      // Who does not read misses what the others get.
      for (const auto& talk : talks_)
        if (talk->queued_bytes() < lagging_bytes_max) talk->send(*line, [] {});
      soon_ = loop_.sleep(Duration::zero());
      soon_.start([this](const Result<void>&) { send_next(); });
    });
  }

  void interrupt() {
    if (std::exchange(interrupted_, true) || talks_.empty()) return loop_.stop();
    listener_.close();
    lines_.forget();
    for (const auto& talk : talks_) talk->say_goodbye(code_going_away);
  }

  static constexpr std::size_t lagging_bytes_max = std::size_t{1} << 20;

  Loop& loop_;
  const WsPlan& plan_;
  const WsEvents events_;
  WsLines lines_;
  Listener<WebSocketConnection> listener_;
  Tracing refusals_;
  Operation<void> soon_;
  std::list<std::unique_ptr<WsTalk>> talks_;
  bool interrupted_ = false;
  int status_ = exit_ok;
};

}  // namespace

int run_ws(const Invocation& invocation) {
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), invocation.wants_json());
  const auto plan = read_ws_plan(invocation, *loop);
  if (!plan.has_value())
    return report_choice_failure(plan.error(), invocation.command(), invocation.wants_json());
  say_warnings(plan->security.warnings, plan->as_json);
  if (plan->listens) return WsServer(*loop, *plan).run();
  return WsClient(*loop, *plan).run();
}

}  // namespace bowline::cli
