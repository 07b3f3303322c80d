#include <gtest/gtest.h>

#include <algorithm>

#include "scene.h"

namespace bowline::test {
namespace {

/// What a loop tells from now on.
struct TraceLog {
  struct Entry {
    std::string id;
    std::string kind;
    std::string detail;
  };

  explicit TraceLog(Loop& from) : loop(from) {
    tracing = loop.trace([this](const TraceEvent& event) {
      entries.push_back(
          {std::string(event.id), std::string(event.kind), std::string(event.detail)});
    });
  }
  TraceLog(const TraceLog&) = delete;
  TraceLog& operator=(const TraceLog&) = delete;

  [[nodiscard]] std::vector<std::string> ids_of(std::string_view kind) const {
    std::vector<std::string> ids;
    for (const Entry& entry : entries)
      if (entry.kind == kind) ids.push_back(entry.id);
    std::ranges::sort(ids);
    return ids;
  }
  [[nodiscard]] std::string detail_of(std::string_view id, std::string_view kind) const {
    for (const Entry& entry : entries)
      if (entry.id == id && entry.kind == kind) return entry.detail;
    return "nothing was told";
  }

  Loop& loop;
  std::vector<Entry> entries;
  Tracing tracing;
};

void look_up(Scene& scene, const std::string& type) {
  Lookup lookup = resolve(*scene.loop, "www.example.com", {type}).value();
  (void)lookup.next().wait();
}

using Ids = std::vector<std::string>;

TEST(Trace, tells_each_event_once_under_the_id_of_whom_it_is_about) {
  Scene scene;
  scene.internet.add_rule(sim::Match().family(Family::ipv6), sim::Verdict::drop);
  TraceLog log(*scene.loop);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(log.ids_of("lookup_started"), Ids({"R"}));
  EXPECT_EQ(log.ids_of("query_sent"), Ids({"R", "R"}));
  EXPECT_EQ(log.ids_of("answered"), Ids({"R", "R"}));
  EXPECT_EQ(log.ids_of("attempt_started"), Ids({"C1.1.1", "C1.1.2"}));
  EXPECT_EQ(log.ids_of("attempt_ended"), Ids({"C1.1.1", "C1.1.2"}));
  EXPECT_EQ(log.ids_of("race_ended"), Ids({"C1.1"}));
  EXPECT_EQ(log.ids_of("state_changed"), Ids({"C1", "C1"}));
  EXPECT_EQ(log.detail_of("C1.1.1", "attempt_started"), "tcp [2001:db8:2::80]:80");
  EXPECT_EQ(log.detail_of("C1.1.1", "attempt_ended"), "lost");
  EXPECT_EQ(log.detail_of("C1.1.2", "attempt_ended"), "won");
}

TEST(Trace, tells_a_late_sink_what_the_resolver_does) {
  Scene scene;
  look_up(scene, "A");
  TraceLog log(*scene.loop);
  look_up(scene, "AAAA");
  EXPECT_EQ(log.ids_of("lookup_started"), Ids({"R"}));
  EXPECT_EQ(log.ids_of("query_sent"), Ids({"R"}));
  EXPECT_EQ(log.ids_of("answered"), Ids({"R"}));
  const std::size_t count = log.entries.size();
  log.tracing.stop();
  look_up(scene, "TXT");
  EXPECT_EQ(log.entries.size(), count);
}

TEST(Trace, tells_a_late_sink_how_a_race_goes_on) {
  Scene scene;
  scene.internet.add_rule(sim::Match().family(Family::ipv6), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  scene.sim.run_for(100ms);
  TraceLog log(*scene.loop);
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(log.ids_of("attempt_started"), Ids({"C1.1.2"}));
  EXPECT_EQ(log.ids_of("race_ended"), Ids({"C1.1"}));
}

TEST(Trace, and_the_report_tell_a_timeout_from_a_loss_and_from_a_cancelled_attempt) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  TraceLog log(*scene.loop);
  Parameters parameters;
  parameters.wait(Waiting::never).attempt_timeout(500ms).connect_within(700ms);
  StreamConnection connection = scene.connect_to_web(parameters);
  ASSERT_FALSE(connection.ready().wait().has_value());
  EXPECT_EQ(log.detail_of("C1.1.1", "attempt_ended"), "timeout");
  EXPECT_EQ(log.detail_of("C1.1.2", "attempt_ended"), "cancelled");
  const Report report = connection.report();
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(report.attempts()[0].outcome(), AttemptOutcome::timeout);
  ASSERT_TRUE(report.attempts()[0].error().has_value());
  EXPECT_EQ(report.attempts()[0].error()->kind(), ErrorKind::timed_out);
  EXPECT_EQ(report.attempts()[1].outcome(), AttemptOutcome::cancelled);
  EXPECT_FALSE(report.attempts()[1].error().has_value());
}

}  // namespace
}  // namespace bowline::test
