#include "cli/output/waterfall.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/output/safe_text.h"
#include "cli/output/security_words.h"

namespace bowline::cli {

namespace {

constexpr std::size_t bar_columns_min = 12;
constexpr std::size_t label_columns_max = 48;
constexpr std::string_view margin = "  ";

struct Row {
  std::string label;
  Duration started{};
  Duration ended{};
  std::string outcome;
  Tone tone = Tone::plain;
  bool won = false;
};

std::string joined(const std::vector<std::string>& answers) {
  constexpr std::size_t shown_max = 2;
  std::string text;
  for (std::size_t i = 0; i < std::min(answers.size(), shown_max); ++i)
    text += (i == 0 ? "" : ", ") + safe(answers[i], 64);
  if (answers.size() > shown_max)
    text += ", and " + std::to_string(answers.size() - shown_max) + " more";
  return text;
}

Row row_of(const Resolution& resolution) {
  Row row;
  row.label = safe(resolution.type(), 16) + " " + safe(resolution.name(), 255);
  row.started = resolution.started();
  row.ended = resolution.started() + resolution.duration();
  const bool ok = resolution.status() == ResolutionStatus::ok;
  row.outcome = ok ? joined(resolution.answers()) : answer_word(resolution);
  if (resolution.source() != ResolutionSource::query)
    row.outcome += " (" + to_string(resolution.source()) + ")";
  row.tone = ok || resolution.status() == ResolutionStatus::nodata ? Tone::question : Tone::bad;
  return row;
}

Tone tone_of(AttemptOutcome outcome) {
  if (outcome == AttemptOutcome::won) return Tone::good;
  const bool bystander = outcome == AttemptOutcome::lost || outcome == AttemptOutcome::cancelled ||
                         outcome == AttemptOutcome::running;
  return bystander ? Tone::faint : Tone::bad;
}

Row row_of(const Attempt& attempt, Duration total) {
  Row row;
  row.label = safe(attempt.id(), 16) + " " + safe(attempt.protocol(), 8) + " " +
              to_string(attempt.remote());
  row.started = attempt.started();
  row.ended = attempt.ended().value_or(std::max(total, attempt.started()));
  row.outcome = outcome_word(attempt.outcome());
  row.tone = tone_of(attempt.outcome());
  row.won = attempt.outcome() == AttemptOutcome::won;
  return row;
}

std::vector<Row> rows_of(const Report& report) {
  std::vector<Row> rows;
  rows.reserve(report.resolutions().size() + report.attempts().size());
  for (const Resolution& resolution : report.resolutions()) rows.push_back(row_of(resolution));
  for (const Attempt& attempt : report.attempts()) rows.push_back(row_of(attempt, report.total()));
  std::ranges::stable_sort(rows, {}, &Row::started);
  return rows;
}

/// The widths of a table of rows, and the time that its bars span.
struct Layout {
  std::size_t label = 0;
  std::size_t bar = 0;  // 0 = none
  std::size_t outcome = 0;
  Duration span{1};
};

Layout layout_of(const std::vector<Row>& rows, const Style& style) {
  Layout layout;
  for (const Row& row : rows) {
    layout.label = std::max(layout.label, row.label.size());
    layout.outcome = std::max(layout.outcome, row.outcome.size());
    layout.span = std::max(layout.span, row.ended);
  }
  if (!style.pictures) return layout;
  const std::size_t available = style.columns - 3 * margin.size();
  layout.label = std::min({layout.label, label_columns_max, available / 2});
  const std::size_t rest = available - layout.label;
  layout.outcome = std::min(layout.outcome, rest / 2);
  if (rest >= layout.outcome + bar_columns_min) layout.bar = rest - layout.outcome;
  return layout;
}

std::size_t column_at(Duration time, const Layout& layout) {
  const auto last = static_cast<double>(layout.bar - 1);
  const double part = static_cast<double>(time.count()) / static_cast<double>(layout.span.count());
  return static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * last);
}

std::string bar_of(const Row& row, const Layout& layout, const Style& style) {
  const std::string_view line = style.unicode ? "━" : "=";
  const std::string_view end = row.tone == Tone::question ? line
                               : row.won                  ? (style.unicode ? "●" : "*")
                               : row.tone == Tone::bad    ? (style.unicode ? "╳" : "x")
                                                          : (style.unicode ? "┄" : ".");
  const std::size_t first = column_at(row.started, layout);
  const std::size_t last = std::max(first, column_at(row.ended, layout));
  std::string bar;
  for (std::size_t i = first; i < last; ++i) bar += line;
  bar += end;
  return std::string(first, ' ') + style.paint(row.tone, bar) +
         std::string(layout.bar - last - 1, ' ');
}

std::string times_of(const Row& row) {
  const auto right = [](const std::string& text) {
    return std::string(text.size() < 10 ? 10 - text.size() : 0, ' ') + text;
  };
  return right(format_ms(row.started)) + " -" + right(format_ms(row.ended)) + " ms";
}

std::string line_of(const Row& row, const Layout& layout, const Style& style) {
  std::string middle = std::string(margin);
  if (!style.pictures) {
    middle += times_of(row) + std::string(margin);
  } else if (layout.bar != 0) {
    middle += bar_of(row, layout, style) + std::string(margin);
  }
  const std::string outcome = style.pictures && layout.outcome < row.outcome.size()
                                  ? fit(row.outcome, layout.outcome)
                                  : row.outcome;
  return std::string(margin) + fit(row.label, layout.label) + middle +
         style.paint(row.tone, outcome) + "\n";
}

/// Where the bars begin and end in time.
std::string axis_of(const Layout& layout, const Style& style) {
  if (layout.bar == 0) return "";
  const std::string end = format_ms(layout.span) + " ms";
  const std::size_t gap = layout.bar > end.size() + 1 ? layout.bar - end.size() - 1 : 1;
  return std::string(2 * margin.size() + layout.label, ' ') +
         style.paint(Tone::faint, "0" + std::string(gap, ' ') + end) + "\n";
}

std::string title_of(const Report& report, const Style& style) {
  std::string stack;
  for (const std::string& protocol : report.stack())
    stack += (stack.empty() ? "" : " over ") + safe(protocol, 32);
  return style.paint(Tone::strong, to_string(report.endpoint())) + " over " + stack + "\n";
}

std::string connected_line(const Report& report) {
  std::string line = "connected to " + to_string(*report.remote());
  if (report.local()) line += " from " + to_string(*report.local());
  if (!report.interface().empty()) line += " on " + safe(report.interface(), 32);
  line += " after " + format_ms(report.total()) + " ms";
  for (const Handshake& handshake : report.handshakes())
    if (handshake.rtt()) line += ", round trip " + format_ms(*handshake.rtt()) + " ms";
  return line;
}

std::string verdict_of(const Report& report, ConnectResult result, const Style& style) {
  const std::string time = " after " + format_ms(report.total()) + " ms";
  const std::string before =
      report.previous_attempts() == 0
          ? ""
          : "; rounds that failed: " + std::to_string(report.previous_attempts());
  switch (result) {
    case ConnectResult::ready:
      return style.paint(Tone::good, report.remote() ? connected_line(report) : "ready" + time) +
             before + "\n";
    case ConnectResult::waiting:
      return style.paint(Tone::bad, "still waiting" + time) + before + "\n";
    case ConnectResult::failed:
      return style.paint(Tone::bad, "not connected" + time) + before + "\n";
  }
  std::unreachable();
}

/// Of a connection that came about all the same: on whose address somebody else was met.
std::string impostors_of(const Report& report, const Style& style) {
  constexpr std::size_t sentence_max = 1024;
  std::string text;
  for (const Attempt& attempt : report.attempts()) {
    if (!attempt.security() || attempt.security()->trust().sentence().empty()) continue;
    text += "  " + safe(attempt.id(), 16) + " was not trusted: " +
            style.paint(Tone::bad, safe(attempt.security()->trust().sentence(), sentence_max)) +
            "\n";
  }
  return text;
}

}  // namespace

std::string render_report(const Report& report, ConnectResult result, const Style& style) {
  const std::vector<Row> rows = rows_of(report);
  const Layout layout = layout_of(rows, style);
  std::string text = title_of(report, style);
  for (const Row& row : rows) text += line_of(row, layout, style);
  if (!rows.empty()) text += axis_of(layout, style);
  text += verdict_of(report, result, style);
  if (result == ConnectResult::ready) text += impostors_of(report, style);
  if (const auto security = report.security()) text += render_security(*security, style);
  return text;
}

}  // namespace bowline::cli
