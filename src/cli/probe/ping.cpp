#include <algorithm>
#include <cmath>
#include <string>

#include <bowline/prober.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/json.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/probe/probe_target.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

struct PingOptions {
  Parameters parameters;
  unsigned count = 0;  ///< 0: until interrupted
  Duration interval = std::chrono::seconds(1);
  ProbeOptions probe;
};

Result<PingOptions> read_ping_options(const Invocation& invocation, Loop& loop) {
  PingOptions options;
  BOWLINE_TRY_VOID(read_way_options(invocation, loop, options.parameters));
  BOWLINE_TRY(options.count, read_number(invocation, "count", 0, 1, 1'000'000));
  BOWLINE_TRY(const unsigned bytes, read_number(invocation, "size", 56, 0, 65'000));
  options.probe.payload_bytes(bytes);
  if (const auto text = invocation.value("interval")) {
    BOWLINE_TRY(options.interval, read_seconds(*text, "--interval"));
  }
  if (const auto text = invocation.value("timeout")) {
    BOWLINE_TRY(const Duration timeout, read_seconds(*text));
    options.probe.timeout(timeout);
  }
  return options;
}

/// Of the round trips.
struct Spread {
  std::size_t count = 0;
  double least = 0;
  double most = 0;
  double sum = 0;
  double sum_of_squares = 0;

  void add(Duration time) {
    const double ms = std::chrono::duration<double, std::milli>(time).count();
    least = count == 0 ? ms : std::min(least, ms);
    most = std::max(most, ms);
    sum += ms;
    sum_of_squares += ms * ms;
    ++count;
  }
  [[nodiscard]] static Duration time(double ms) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
  }
  [[nodiscard]] double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
  [[nodiscard]] double deviation() const {
    if (count == 0) return 0;
    const double n = static_cast<double>(count);
    return std::sqrt(std::max(0.0, sum_of_squares / n - mean() * mean()));
  }
};

class PingRun {
 public:
  PingRun(Loop& loop, Prober prober, ProbeTarget target, const PingOptions& options, bool as_json)
      : loop_(loop),
        prober_(std::move(prober)),
        target_(std::move(target)),
        options_(options),
        as_json_(as_json) {}

  [[nodiscard]] int run() {
    const InterruptWatch watch(loop_, [this] {
      interrupted_ = true;
      loop_.stop();
    });
    if (!as_json_)
      print("ping " + safe(target_.name) + " (" + to_string(target_.address) + ") by " +
            (prober_.uses_echo() ? "ICMP echo" : "UDP: ICMP echo is not allowed here") + "\n");
    while (!interrupted_ && (options_.count == 0 || sent_ < options_.count)) probe_once();
    summarize();
    if (interrupted_ && options_.count != 0) return exit_interrupted;
    return reached_.count > 0 ? exit_ok : exit_negative;
  }

 private:
  void probe_once() {
    const Instant began = loop_.precise_now();
    ++sent_;
    const auto reply =
        run_until_done(loop_, prober_.probe(target_.address, options_.probe), interrupted_);
    if (!reply) {
      --sent_;  // nobody knows what would have become of it
      return;
    }
    tell(*reply);
    if (options_.count != 0 && sent_ == options_.count) return;
    const Duration left = options_.interval - (loop_.precise_now() - began);
    if (left > Duration::zero())
      static_cast<void>(run_until_done(loop_, loop_.sleep(left), interrupted_));
  }

  void tell(const Result<ProbeReply>& reply) {
    const bool reached = reply.has_value() && reply->outcome() == ProbeOutcome::reached;
    if (reached) reached_.add(reply->round_trip());
    if (as_json_) return tell_json(reply);
    std::string line = std::to_string(sent_) + "  ";
    line += reply.has_value() ? to_string(*reply) : describe(reply.error());
    if (reply.has_value() && reply->hop_limit())
      line += ", hop limit " + std::to_string(*reply->hop_limit());
    print(line + "\n");
    static_cast<void>(finish_output(exit_ok));
  }

  void tell_json(const Result<ProbeReply>& reply) {
    Json json;
    json.object([&] {
      json.field("event", "reply");
      json.field("number", sent_);
      json.field("outcome", reply.has_value() ? to_string(reply->outcome())
                            : reply.error().kind() == ErrorKind::timed_out ? std::string("silence")
                                                                           : std::string("failed"));
      const bool has_sender = reply.has_value() && reply->from();
      json.field("from", has_sender ? std::optional(to_string(*reply->from())) : std::nullopt);
      json.field("round_trip_ms",
                 reply.has_value() ? std::optional(reply->round_trip()) : std::nullopt);
      json.name("error");
      if (reply.has_value()) {
        json.value(nullptr);
      } else {
        write_error(json, reply.error());
      }
    });
    print(json.text() + "\n");
    static_cast<void>(finish_output(exit_ok));
  }

  void summarize() const {
    const auto time = [](double ms) { return Spread::time(ms); };
    if (as_json_) {
      Json json;
      json.object([&] {
        json.field("event", "summary");
        json.field("host", target_.name);
        json.field("address", to_string(target_.address));
        json.field("method", prober_.uses_echo() ? "echo" : "udp");
        json.field("sent", sent_);
        json.field("reached", reached_.count);
        json.field("min_ms", time(reached_.least));
        json.field("mean_ms", time(reached_.mean()));
        json.field("max_ms", time(reached_.most));
        json.field("deviation_ms", time(reached_.deviation()));
      });
      return print(json.text() + "\n");
    }
    std::string line =
        std::to_string(reached_.count) + " of " + std::to_string(sent_) + " answered";
    if (reached_.count > 0)
      line += "; round trip least " + to_string(time(reached_.least)) + ", mean " +
              to_string(time(reached_.mean())) + ", most " + to_string(time(reached_.most));
    print(line + "\n");
  }

  Loop& loop_;
  Prober prober_;
  ProbeTarget target_;
  PingOptions options_;
  const bool as_json_;
  unsigned sent_ = 0;
  Spread reached_;
  bool interrupted_ = false;
};

}  // namespace

int run_ping(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto options = read_ping_options(invocation, *loop);
  if (!options.has_value()) return report_usage(options.error(), invocation.command(), as_json);
  auto target = find_target(*loop, invocation.arguments()[0], options->parameters);
  if (!target.has_value())
    return report_choice_failure(target.error(), invocation.command(), as_json);
  auto prober = Prober::open(*loop, target->address.family(), options->parameters);
  if (!prober.has_value()) return report_failure(prober.error(), as_json);
  return PingRun(*loop, *std::move(prober), *std::move(target), *options, as_json).run();
}

}  // namespace bowline::cli
