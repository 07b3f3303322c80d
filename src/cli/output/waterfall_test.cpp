#include "cli/output/waterfall.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <bowline/detail/facts.h>

namespace bowline::cli {
namespace {

using std::chrono::milliseconds;

/// The parts of a report, to be changed before it is made.
struct Draft {
  Report::Facts report;
  std::vector<Resolution::Facts> resolutions;
  std::vector<Attempt::Facts> attempts;

  [[nodiscard]] Report made() const {
    Report::Facts whole = report;
    for (Resolution::Facts one : resolutions) whole.resolutions.emplace_back(std::move(one));
    for (Attempt::Facts one : attempts) whole.attempts.emplace_back(std::move(one));
    return Report(std::move(whole));
  }
};

Draft raced() {
  Draft draft;
  Report::Facts& report = draft.report;
  report.id = "C1";
  report.endpoint = host("example.com", 443);
  report.stack = {"tcp"};
  report.remote = SocketAddress::parse("192.0.2.80:443").value();
  report.local = SocketAddress::parse("192.0.2.10:40000").value();
  report.interface = "eth0";
  report.total = milliseconds(290);
  Resolution::Facts answer;
  answer.name = "example.com";
  answer.type = "AAAA";
  answer.server = SocketAddress::parse("192.0.2.53:53").value();
  answer.duration = milliseconds(20);
  answer.answers = {"2001:db8::80"};
  answer.ttl_seconds = 300;
  draft.resolutions = {answer, answer};
  draft.resolutions[1].type = "A";
  draft.resolutions[1].answers = {"192.0.2.80"};
  Attempt::Facts lost;
  lost.id = "C1.1.1";
  lost.remote = SocketAddress::parse("[2001:db8::80]:443").value();
  lost.protocol = "tcp";
  lost.started = milliseconds(20);
  lost.ended = milliseconds(290);
  lost.outcome = AttemptOutcome::lost;
  Attempt::Facts won = lost;
  won.id = "C1.1.2";
  won.remote = *report.remote;
  won.started = milliseconds(270);
  won.outcome = AttemptOutcome::won;
  draft.attempts = {lost, won};
  report.handshakes.emplace_back(Handshake::Facts{"tcp", milliseconds(20), milliseconds(19), {}});
  return draft;
}

Style pictures(std::size_t columns) {
  Style style;
  style.pictures = true;
  style.columns = columns;
  return style;
}

TEST(Waterfall, draws_each_question_and_each_attempt_from_start_to_end) {
  EXPECT_EQ(render_report(raced().made(), ConnectResult::ready, pictures(80)),
            "example.com:443 over tcp\n"
            "  AAAA example.com               ===                                2001:db8::80\n"
            "  A example.com                  ===                                192.0.2.80\n"
            "  C1.1.1 tcp [2001:db8::80]:443    ==============================.  lost\n"
            "  C1.1.2 tcp 192.0.2.80:443                                   ===*  won\n"
            "                                 0                      290.000 ms\n"
            "connected to 192.0.2.80:443 from 192.0.2.10:40000 on eth0 after 290.000 ms, round "
            "trip 19.000 ms\n");
}

TEST(Waterfall, writes_times_where_pictures_are_of_no_use) {
  EXPECT_EQ(render_report(raced().made(), ConnectResult::ready, Style()),
            "example.com:443 over tcp\n"
            "  AAAA example.com                    0.000 -    20.000 ms  2001:db8::80\n"
            "  A example.com                       0.000 -    20.000 ms  192.0.2.80\n"
            "  C1.1.1 tcp [2001:db8::80]:443      20.000 -   290.000 ms  lost\n"
            "  C1.1.2 tcp 192.0.2.80:443         270.000 -   290.000 ms  won\n"
            "connected to 192.0.2.80:443 from 192.0.2.10:40000 on eth0 after 290.000 ms, round "
            "trip 19.000 ms\n");
}

TEST(Waterfall, no_row_is_wider_than_the_terminal) {
  for (std::size_t columns = 40; columns <= 200; ++columns) {
    std::string text = render_report(raced().made(), ConnectResult::ready, pictures(columns));
    text.resize(text.rfind("connected"));  // the outcome wraps as any sentence does
    while (!text.empty()) {
      const std::string line = text.substr(0, text.find('\n'));
      EXPECT_LE(line.size(), columns) << line;
      text.erase(0, line.size() + 1);
    }
  }
}

TEST(Waterfall, paints_outcomes_and_says_them_too) {
  Style style = pictures(80);
  style.colours = style.unicode = true;
  const std::string text = render_report(raced().made(), ConnectResult::ready, style);
  EXPECT_NE(text.find("\x1b[32m━━━●\x1b[0m  \x1b[32mwon\x1b[0m"), std::string::npos) << text;
}

TEST(Waterfall, shows_what_was_running_when_the_command_was_interrupted) {
  Draft draft = raced();
  draft.report.remote.reset();
  draft.attempts[0].outcome = AttemptOutcome::running;
  draft.attempts[0].ended.reset();
  draft.attempts.pop_back();
  draft.report.previous_attempts = 2;
  const std::string text = render_report(draft.made(), ConnectResult::failed, Style());
  EXPECT_NE(text.find("20.000 -   290.000 ms  cancelled\n"), std::string::npos) << text;
  EXPECT_NE(text.find("not connected after 290.000 ms; rounds that failed: 2\n"), std::string::npos)
      << text;
}

TEST(Waterfall, is_empty_but_whole_when_nothing_was_tried) {
  Draft draft;
  draft.report.endpoint = host("example.com", 1);
  draft.report.stack = {"tcp"};
  EXPECT_EQ(render_report(draft.made(), ConnectResult::failed, pictures(80)),
            "example.com:1 over tcp\nnot connected after 0.000 ms\n");
}

TEST(Waterfall, escapes_what_came_from_outside) {
  Draft draft = raced();
  draft.resolutions[0].answers = {"\x1b]0;owned\x07"};
  draft.resolutions[1].name = "a\rb";
  draft.report.interface = "e\x1b[0m";
  const std::string text = render_report(draft.made(), ConnectResult::ready, pictures(120));
  EXPECT_EQ(text.find_first_of("\x1b\x07\r"), std::string::npos) << text;
}

TEST(ReportJson, has_the_words_of_the_schema_only) {
  Draft draft = raced();
  draft.resolutions[0].status = ResolutionStatus::malformed;
  draft.resolutions[1].source = ResolutionSource::hosts;
  draft.attempts[0].outcome = AttemptOutcome::failed;
  draft.attempts[1].outcome = AttemptOutcome::running;
  draft.attempts[1].ended.reset();
  Json json;
  write_report(json, draft.made(), ConnectResult::failed);
  const auto read = nlohmann::json::parse(json.text());
  EXPECT_EQ(read["resolutions"][0]["status"], "malformed");
  EXPECT_EQ(read["resolutions"][0]["server"], "192.0.2.53:53");
  EXPECT_EQ(read["resolutions"][1]["server"], nullptr);
  EXPECT_EQ(read["attempts"][0]["outcome"], "unreachable");
  EXPECT_EQ(read["attempts"][1]["outcome"], "cancelled");
  EXPECT_EQ(read["attempts"][1]["ended_ms"], nullptr);
  EXPECT_EQ(read["connected"], nullptr);
}

}  // namespace
}  // namespace bowline::cli
