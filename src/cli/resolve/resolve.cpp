#include <algorithm>
#include <string>
#include <vector>

#include <bowline/resolver.h>

#include "cli/host/interrupt_watch.h"
#include "cli/output/output.h"
#include "cli/output/report_json.h"
#include "cli/output/safe_text.h"
#include "cli/output/terminal.h"
#include "cli/resolve/asked_name.h"
#include "cli/resolve/trace_walk.h"
#include "cli/subcommands.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

constexpr std::size_t type_columns_max = 12;

/// What all answers together come to.
enum class Sum { ok, negative, failed };

bool is_negative(ResolutionStatus status) {
  return status == ResolutionStatus::nodata || status == ResolutionStatus::nxdomain;
}

class ResolveRun {
 public:
  /// `started` is when the lookup was; `types` is what it asks for.
  struct Show {
    bool as_json = false;
    bool verbose = false;
  };
  ResolveRun(Loop& loop, Lookup lookup, Instant started, const std::vector<std::string>& types,
             Show shows)
      : loop_(loop),
        lookup_(std::move(lookup)),
        started_(started),
        type_columns_(columns_for(types)),
        as_json_(shows.as_json),
        verbose_(shows.verbose),
        style_(style_of_output()) {}

  void run() {
    const InterruptWatch watch(loop_, [this] { interrupt(); });
    ask_next();
    loop_.run();
    total_ = loop_.now() - started_;
  }

  [[nodiscard]] Exit exit_status() const {
    if (interrupted_) return exit_interrupted;
    switch (sum()) {
      case Sum::ok: return exit_ok;
      case Sum::negative: return exit_negative;
      case Sum::failed: return exit_name;
    }
    return exit_name;
  }

  /// Why there is no answer; the first reason, for those that follow are mostly the same.
  [[nodiscard]] std::optional<Error> error() const {
    if (interrupted_) return Error(ErrorKind::cancelled, "resolve", "interrupted");
    if (sum() != Sum::failed) return std::nullopt;
    for (const Resolution& answer : answers_)
      if (answer.error() && !is_negative(answer.status())) return answer.error();
    return error_;
  }

  void write(Json& json, std::string_view name) const {
    json.object([&] {
      json.field("result", sum() == Sum::ok         ? "ok"
                           : sum() == Sum::negative ? "negative"
                                                    : "failed");
      json.name("error");
      if (const auto failure = error()) {
        write_error(json, *failure);
      } else {
        json.value(nullptr);
      }
      json.field("name", name);
      json.field("total_ms", total_);
      json.list("resolutions", answers_,
                [&](const Resolution& answer) { write_resolution(json, answer); });
    });
  }

 private:
  void ask_next() {
    next_ = lookup_.next();
    next_.start([this](Result<std::optional<Resolution>> answer) { handle(std::move(answer)); });
  }

  void handle(Result<std::optional<Resolution>> answer) {
    if (!answer.has_value()) {
      error_ = answer.error();
    } else if (answer->has_value()) {
      answers_.push_back(**std::move(answer));
      if (!as_json_) show(answers_.back());
      return ask_next();
    }
    loop_.stop();
  }

  void interrupt() {
    interrupted_ = true;
    loop_.stop();
  }

  [[nodiscard]] Sum sum() const {
    const auto has = [&](auto condition) {
      return std::ranges::any_of(answers_, condition, &Resolution::status);
    };
    if (has([](ResolutionStatus status) { return status == ResolutionStatus::ok; })) return Sum::ok;
    if (answers_.empty() || has([](ResolutionStatus status) { return !is_negative(status); }))
      return Sum::failed;
    return Sum::negative;
  }

  void show(const Resolution& answer) const {
    const std::string type = fit(safe(answer.type(), type_columns_max), type_columns_);
    if (answer.status() != ResolutionStatus::ok) {
      const Tone tone = is_negative(answer.status()) ? Tone::faint : Tone::bad;
      std::string words = std::string(answer_word(answer)) + " for " + safe(answer.name());
      if (answer.status() == ResolutionStatus::malformed && answer.error())
        words += ": " + safe(answer.error()->message(), 4096);
      print(type + style_.paint(tone, words) + origin(answer) + "\n");
      return show_more(answer);
    }
    if (!answer.canonical_name().empty() && answer.canonical_name() != answer.name())
      print(fit("CNAME", type_columns_) + safe(answer.canonical_name()) + "\n");
    for (const ResolvedRecord& record : answer.records())
      print((answer.type() == "ANY" ? fit(safe(record.type(), type_columns_max), type_columns_)
                                    : type) +
            style_.paint(Tone::good, safe(record.data(), 4096)) + "  ttl " +
            std::to_string(answer.ttl_seconds()) + origin(answer) + "\n");
    show_more(answer);
  }

  /// What is said of the exchange itself: what matters to anybody, and with -v all.
  void show_more(const Resolution& answer) const {
    const auto line = [&](const std::string& words) {
      print(std::string(type_columns_, ' ') + style_.paint(Tone::faint, words) + "\n");
    };
    if (answer.records_left_out() > 0)
      line(std::to_string(answer.records_left_out()) + " records more are left out");
    if (answer.type() == "ANY" && is_polite_refusal(answer))
      line("servers need not answer ANY (RFC 8482): name the types that you want");
    if (!verbose_) return;
    if (!answer.response_code().empty())
      line(answer.response_code() + "  flags " + answer.flags() +
           (answer.edns().empty() ? std::string("  without EDNS")
                                  : "  EDNS " + safe(answer.edns(), 4096)));
    for (const std::string& remark : answer.remarks()) line(safe(remark, 4096));
  }

  /// One HINFO record that says so, or nothing.
  static bool is_polite_refusal(const Resolution& answer) {
    const auto& records = answer.records();
    return records.empty() || (records.size() == 1 && records.front().type() == "HINFO");
  }

  /// The longest type and a gap.
  static std::size_t columns_for(const std::vector<std::string>& types) {
    std::size_t columns = std::string_view("AAAA").size();
    for (const std::string& type : types) columns = std::max(columns, type.size());
    return std::min(columns, type_columns_max) + 2;
  }

  static std::string origin(const Resolution& answer) {
    if (answer.source() != ResolutionSource::query) return "  from " + to_string(answer.source());
    std::string text = "  from " + to_string(answer.transport());
    if (answer.server()) text += " " + to_string(*answer.server());
    return text + " in " + format_ms(answer.duration()) + " ms";
  }

  Loop& loop_;
  Lookup lookup_;
  Operation<std::optional<Resolution>> next_;
  std::vector<Resolution> answers_;
  std::optional<Error> error_;
  Instant started_;
  std::size_t type_columns_;
  Duration total_{};
  bool interrupted_ = false;
  bool as_json_;
  bool verbose_;
  Style style_;
};

Result<LookupOptions> read_options(const Invocation& invocation, Loop& loop) {
  LookupOptions options;
  if (const auto text = invocation.value("server")) {
    BOWLINE_TRY(const SocketAddress server, read_address(*text, 53, {}, loop));
    options.server(server);
  }
  return options;
}

std::vector<std::string> read_types(const Invocation& invocation, const AskedName& asked) {
  std::vector<std::string> types;
  for (const std::string_view word : invocation.arguments().subspan(1)) {
    std::string type(word);
    for (char& c : type)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    const bool is_number = std::ranges::all_of(type, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) type.insert(0, "TYPE");
    if (std::ranges::find(types, type) == types.end()) types.push_back(std::move(type));
  }
  if (!types.empty()) return types;
  if (asked.is_address) return {"PTR"};
  return invocation.has("trace") ? std::vector<std::string>{"A"}
                                 : std::vector<std::string>{"AAAA", "A"};
}

/// One walk from the root: of one type, by whoever the host asks.
int run_trace(const Invocation& invocation, Loop& loop, const AskedName& asked,
              const std::vector<std::string>& types, const LookupOptions& options) {
  if (types.size() != 1 || asked.is_address)
    return report_usage(usage_error("--trace follows one name, for one type"), invocation.command(),
                        invocation.wants_json());
  TraceWalk walk(loop, asked.name, types.front(), options);
  walk.run(invocation.wants_json());
  if (invocation.wants_json()) {
    Json json;
    walk.write(json);
    print(json.text() + "\n");
  } else if (walk.error()) {
    static_cast<void>(report_failure(*walk.error(), false));
  }
  return walk.exit_status();
}

}  // namespace

int run_resolve(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  const auto options = read_options(invocation, *loop);
  if (!options.has_value()) return report_usage(options.error(), invocation.command(), as_json);
  const std::string_view name = invocation.arguments()[0];
  const auto asked = read_asked_name(name);
  if (!asked.has_value()) return report_usage(asked.error(), invocation.command(), as_json);
  const std::vector<std::string> types = read_types(invocation, *asked);
  if (invocation.has("trace")) return run_trace(invocation, *loop, *asked, types, *options);
  const Instant started = loop->now();
  auto lookup = resolve(*loop, asked->name, types, *options);
  if (!lookup.has_value()) {
    const bool usage = exit_for(lookup.error().kind()) == exit_usage ||
                       lookup.error().kind() == ErrorKind::malformed;
    if (!usage) return report_failure(lookup.error(), as_json);
    const std::string_view about = lookup.error().subject();
    return report_usage(
        usage_error(quoted(about.empty() ? name : about) + ": " + lookup.error().message()),
        invocation.command(), as_json);
  }

  ResolveRun run(*loop, *std::move(lookup), started, types,
                 {.as_json = as_json, .verbose = invocation.has("verbose")});
  run.run();
  if (as_json) {
    Json json;
    run.write(json, name);
    print(json.text() + "\n");
  } else if (const auto error = run.error()) {
    static_cast<void>(report_failure(*error, false));
  }
  return run.exit_status();
}

}  // namespace bowline::cli
