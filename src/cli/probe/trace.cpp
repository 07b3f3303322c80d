#include <optional>
#include <string>
#include <vector>

#include <bowline/prober.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/json.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"
#include "cli/probe/probe_target.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

struct TraceOptions {
  Parameters parameters;
  unsigned hops_max = 30;
  unsigned probes = 3;
  Duration timeout = std::chrono::seconds(1);
};

Result<TraceOptions> read_trace_options(const Invocation& invocation, Loop& loop) {
  TraceOptions options;
  BOWLINE_TRY_VOID(read_way_options(invocation, loop, options.parameters));
  BOWLINE_TRY(options.hops_max, read_number(invocation, "max-hops", 30, 1, 255));
  BOWLINE_TRY(options.probes, read_number(invocation, "probes", 3, 1, 16));
  if (const auto text = invocation.value("timeout")) {
    BOWLINE_TRY(options.timeout, read_seconds(*text));
  }
  return options;
}

/// What the probes of one hop came to, in the order they were sent.
struct Hop {
  unsigned distance = 0;
  std::vector<std::optional<Result<ProbeReply>>> replies;

  /// Who answered first; nothing if nobody did.
  [[nodiscard]] std::optional<IpAddress> router() const {
    for (const auto& reply : replies)
      if (reply && reply->has_value() && (*reply)->from()) return (*reply)->from();
    return std::nullopt;
  }
  [[nodiscard]] bool has(ProbeOutcome outcome) const {
    for (const auto& reply : replies)
      if (reply && reply->has_value() && (*reply)->outcome() == outcome) return true;
    return false;
  }
  /// There is no use in going on.
  [[nodiscard]] bool is_last() const {
    return has(ProbeOutcome::reached) || has(ProbeOutcome::unreachable) ||
           has(ProbeOutcome::prohibited);
  }
};

class TraceRun {
 public:
  TraceRun(Loop& loop, Prober prober, ProbeTarget target, const TraceOptions& options, bool as_json)
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
      print("trace " + safe(target_.name) + " (" + to_string(target_.address) + ") by " +
            (prober_.uses_echo() ? "ICMP echo" : "UDP") + "\n");
    for (unsigned distance = 1; distance <= options_.hops_max && !interrupted_; ++distance) {
      hops_.push_back(probe_hop(distance));
      if (!as_json_) show(hops_.back());
      if (hops_.back().is_last()) break;
    }
    const bool reached = !hops_.empty() && hops_.back().has(ProbeOutcome::reached);
    if (as_json_) write(reached);
    if (interrupted_) return exit_interrupted;
    return reached ? exit_ok : exit_negative;
  }

 private:
  [[nodiscard]] Hop probe_hop(unsigned distance) {
    Hop hop{distance, {}};
    hop.replies.resize(options_.probes);
    unsigned left = options_.probes;
    std::vector<Operation<ProbeReply>> running;
    const ProbeOptions how =
        ProbeOptions().hop_limit(static_cast<std::uint8_t>(distance)).timeout(options_.timeout);
    for (unsigned i = 0; i < options_.probes; ++i) {
      running.push_back(prober_.probe(target_.address, how));
      running.back().start([&, i](Result<ProbeReply>&& reply) {
        hop.replies[i].emplace(std::move(reply));
        if (--left == 0) loop_.stop();
      });
    }
    while (left > 0 && !interrupted_) loop_.run();
    return hop;
  }

  void show(const Hop& hop) const {
    std::string line = fit(std::to_string(hop.distance), 4);
    const auto router = hop.router();
    line += fit(router ? to_string(*router) : "?", 28);
    for (const auto& reply : hop.replies) {
      const bool answered = reply && reply->has_value();
      line += answered ? "  " + to_string((*reply)->round_trip()) : std::string("  *");
    }
    if (hop.has(ProbeOutcome::unreachable)) line += "  unreachable";
    if (hop.has(ProbeOutcome::prohibited)) line += "  prohibited";
    print(line + "\n");
    static_cast<void>(finish_output(exit_ok));
  }

  void write(bool reached) const {
    Json json;
    json.object([&] {
      json.field("host", target_.name);
      json.field("address", to_string(target_.address));
      json.field("method", prober_.uses_echo() ? "echo" : "udp");
      json.field("reached", reached);
      json.list("hops", hops_, [&](const Hop& hop) { write_hop(json, hop); });
    });
    print(json.text() + "\n");
  }

  static void write_hop(Json& json, const Hop& hop) {
    json.object([&] {
      json.field("hop", hop.distance);
      json.list("replies", hop.replies, [&](const auto& reply) {
        const bool answered = reply && reply->has_value();
        json.object([&] {
          json.field("outcome", answered ? to_string((*reply)->outcome()) : std::string("silence"));
          json.field("from", answered && (*reply)->from()
                                 ? std::optional(to_string(*(*reply)->from()))
                                 : std::nullopt);
          json.field("round_trip_ms",
                     answered ? std::optional((*reply)->round_trip()) : std::nullopt);
        });
      });
    });
  }

  Loop& loop_;
  Prober prober_;
  ProbeTarget target_;
  TraceOptions options_;
  const bool as_json_;
  std::vector<Hop> hops_;
  bool interrupted_ = false;
};

}  // namespace

int run_trace(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto options = read_trace_options(invocation, *loop);
  if (!options.has_value()) return report_usage(options.error(), invocation.command(), as_json);
  auto target = find_target(*loop, invocation.arguments()[0], options->parameters);
  if (!target.has_value())
    return report_choice_failure(target.error(), invocation.command(), as_json);
  auto prober = Prober::open(*loop, target->address.family(), options->parameters);
  if (!prober.has_value()) return report_failure(prober.error(), as_json);
  return TraceRun(*loop, *std::move(prober), *std::move(target), *options, as_json).run();
}

}  // namespace bowline::cli
