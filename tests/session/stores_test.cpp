#include "session_scene.h"

#include <bowline/url_cookie.h>

#include <gmock/gmock.h>

namespace bowline::test {
namespace {

using testing::SizeIs;

constexpr const char* file = "/var/lib/ann/session.db";

SessionConfiguration storing(const SessionScene& scene) {
  return scene.configuration().store(file);
}

void add_pages(SessionScene& scene) {
  scene.page("/set", 200, "set",
             {{"Set-Cookie", "kept=1; Max-Age=3600"},
              {"Set-Cookie", "gone=1"},
              {"Strict-Transport-Security", "max-age=3600"}});
  scene.page("/fresh", 200, "fresh", {{"Cache-Control", "max-age=3600"}});
}

TEST(UrlStores, what_a_session_remembers_is_there_for_the_next_one) {
  SessionScene scene;
  add_pages(scene);
  {
    UrlSession session(*scene.loop, storing(scene));
    ASSERT_TRUE(session.get("https://www.example.com/set").wait().has_value());
    ASSERT_TRUE(session.get("https://www.example.com/fresh").wait().has_value());
    EXPECT_TRUE(session.flush_store().has_value());
    EXPECT_THAT(session.cookies(), SizeIs(2));
  }
  scene.asked.clear();
  UrlSession session(*scene.loop, storing(scene));
  ASSERT_THAT(session.cookies(), SizeIs(1));
  EXPECT_EQ(session.cookies()[0].name(), "kept");
  const auto fresh = session.get("https://www.example.com/fresh").wait();
  ASSERT_TRUE(fresh.has_value());
  EXPECT_EQ(fresh->text(), "fresh");
  EXPECT_EQ(fresh->metrics().transactions().back().source(), UrlSource::cache);
  // Over TLS only, as was learnt before.
  const auto upgraded = session.get("http://www.example.com/hello").wait();
  ASSERT_TRUE(upgraded.has_value());
  EXPECT_EQ(upgraded->url().scheme(), "https");
  EXPECT_THAT(scene.asked, SizeIs(1));
}

TEST(UrlStores, sessions_with_one_store_know_what_the_others_learnt) {
  SessionScene scene;
  add_pages(scene);
  UrlSession one(*scene.loop, storing(scene));
  UrlSession other(*scene.loop, storing(scene));
  ASSERT_TRUE(one.get("https://www.example.com/set").wait().has_value());
  ASSERT_TRUE(other.get("https://www.example.com/hello").wait().has_value());
  EXPECT_EQ(scene.asked_fields.back().find("cookie").value_or(""), "kept=1");
  other.clear_cookies();
  EXPECT_TRUE(other.flush_store().has_value());
  ASSERT_TRUE(one.get("https://www.example.com/hello").wait().has_value());
  EXPECT_EQ(scene.asked_fields.back().find("cookie").value_or(""), "gone=1");
}

TEST(UrlStores, clearing_counts_for_the_next_session_too) {
  SessionScene scene;
  add_pages(scene);
  {
    UrlSession session(*scene.loop, storing(scene));
    ASSERT_TRUE(session.get("https://www.example.com/set").wait().has_value());
    ASSERT_TRUE(session.get("https://www.example.com/fresh").wait().has_value());
    session.clear_cookies();
    session.clear_cache();
  }
  UrlSession session(*scene.loop, storing(scene));
  EXPECT_THAT(session.cookies(), SizeIs(0));
  scene.asked.clear();
  ASSERT_TRUE(session.get("https://www.example.com/fresh").wait().has_value());
  EXPECT_THAT(scene.asked, SizeIs(1));
}

TEST(UrlStores, a_store_that_cannot_be_opened_fails_the_tasks) {
  SessionScene scene;
  scene.home.set_store_fault(sim::StoreFault::disk_full);
  UrlSession session(*scene.loop, storing(scene));
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::resources_exhausted);
  EXPECT_TRUE(scene.asked.empty());
}

TEST(UrlStores, a_disk_that_fills_up_is_told_and_memory_goes_on) {
  SessionScene scene;
  add_pages(scene);
  UrlSession session(*scene.loop, storing(scene));
  scene.home.set_store_fault(sim::StoreFault::disk_full);
  ASSERT_TRUE(session.get("https://www.example.com/set").wait().has_value());
  EXPECT_EQ(session.flush_store().error().kind(), ErrorKind::resources_exhausted);
  EXPECT_THAT(session.cookies(), SizeIs(2));
  EXPECT_TRUE(session.flush_store().has_value());
}

// Threats H: two processes that write, and a clock that goes back.
TEST(Threats, threat_93_what_two_sessions_learnt_holds_for_both_whatever_the_clock_does) {
  SessionScene scene;
  add_pages(scene);
  UrlSession one(*scene.loop, storing(scene));
  UrlSession other(*scene.loop, storing(scene));
  ASSERT_TRUE(one.get("https://www.example.com/set").wait().has_value());
  scene.home.set_wall_time(std::chrono::sys_days(std::chrono::year(2025) / 6 / 1));
  const std::size_t asked = scene.asked.size();
  // By that clock the server's certificate is not valid yet: an error, and no way round it by plain http.
  const auto response = other.get("http://www.example.com/hello").wait();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::untrusted);
  EXPECT_EQ(scene.asked.size(), asked);
}

}  // namespace
}  // namespace bowline::test
