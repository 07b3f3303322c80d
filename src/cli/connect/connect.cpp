#include <optional>

#include <bowline/connection.h>
#include <bowline/loop.h>

#include "cli/host/interrupt_watch.h"
#include "cli/host/wait_line.h"
#include "cli/output/output.h"
#include "cli/output/report_json.h"
#include "cli/output/waterfall.h"
#include "cli/secure/security_choice.h"
#include "cli/secure/security_notes.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

constexpr Duration timeout_default = std::chrono::seconds(30);

/// One establishment from the call to its report.
class ConnectRun {
 public:
  ConnectRun(Loop& loop, const Endpoint& endpoint, const NetworkOptions& options,
             const SecurityChoice& security)
      : loop_(loop), connection_(open(loop, endpoint, options, security)) {}

  void run() {
    connection_.on_state(
        [this](ConnectionState state, const Error* error) { handle_state(state, error); });
    Operation<void> ready = connection_.ready();
    ready.start([this](const Result<void>&) { loop_.stop(); });
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    loop_.run();
    result_ = connection_.state() == ConnectionState::ready ? ConnectResult::ready
              : was_waiting_                                ? ConnectResult::waiting
                                                            : ConnectResult::failed;
    report_ = connection_.report();
    if (interrupted_ && result_ != ConnectResult::ready && !report_.error())
      report_ = report_.with_error(Error(ErrorKind::cancelled, "connect", "interrupted"));
    static_cast<void>(connection_.close().wait());
  }

  [[nodiscard]] const Report& report() const { return report_; }
  [[nodiscard]] ConnectResult result() const { return result_; }

  [[nodiscard]] Exit exit_status() const {
    if (result_ == ConnectResult::ready) return exit_ok;
    if (interrupted_) return exit_interrupted;
    return report_.error() ? exit_for(*report_.error()) : exit_connect;
  }

 private:
  static Connection open(Loop& loop, const Endpoint& endpoint, const NetworkOptions& options,
                         const SecurityChoice& security) {
    Parameters parameters = options.parameters;
    parameters.connect_within(options.timeout.value_or(timeout_default));
    if (security.protection == Protection::dtls)
      return connect(loop, endpoint, dtls(security.options), parameters);
    if (options.udp) return connect(loop, endpoint, udp(), parameters);
    if (options.proxy && security.protection == Protection::tls)
      return connect(loop, endpoint, tls(tunnel(*options.proxy), security.options), parameters);
    if (options.proxy) return connect(loop, endpoint, tunnel(*options.proxy), parameters);
    if (security.protection == Protection::tls)
      return connect(loop, endpoint, tls(options.tcp, security.options), parameters);
    return connect(loop, endpoint, options.tcp, parameters);
  }

  void handle_state(ConnectionState state, const Error* error) {
    if (state == ConnectionState::waiting || state == ConnectionState::preparing)
      was_waiting_ = state == ConnectionState::waiting;
    if (state == ConnectionState::waiting && error != nullptr) return wait_line_.show(*error);
    if (state == ConnectionState::preparing) return wait_line_.show_retry();
    wait_line_.clear();
  }

  void interrupt() {
    interrupted_ = true;
    connection_.cancel();
  }

  Loop& loop_;
  WaitLine wait_line_{loop_};
  Connection connection_;
  Report report_;
  ConnectResult result_ = ConnectResult::failed;
  bool was_waiting_ = false;
  bool interrupted_ = false;
};

void show(const ConnectRun& done, bool as_json) {
  if (as_json) {
    Json json;
    write_report(json, done.report(), done.result());
    print(json.text() + "\n");
    return;
  }
  print(render_report(done.report(), done.result(), style_of_output()));
  if (done.result() != ConnectResult::ready && done.report().error())
    static_cast<void>(report_failure(*done.report().error(), false));
}

}  // namespace

int run_connect(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto options = read_network_options(invocation, *loop);
  if (!options.has_value()) return report_usage(options.error(), invocation.command(), as_json);
  const auto endpoint = read_remote(invocation, *options, *loop);
  if (!endpoint.has_value()) return report_usage(endpoint.error(), invocation.command(), as_json);

  const auto security = choose_security(invocation, *endpoint);
  if (!security.has_value())
    return report_choice_failure(security.error(), invocation.command(), as_json);
  say_warnings(security->warnings, false);
  ConnectRun run(*loop, *endpoint, *options, *security);
  run.run();
  show(run, as_json);
  return run.exit_status();
}

}  // namespace bowline::cli
