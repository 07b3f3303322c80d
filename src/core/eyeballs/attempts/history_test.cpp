#include "core/eyeballs/attempts/history.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

IpAddress address(std::uint8_t last) { return IpAddress::v4({192, 0, 2, last}); }
constexpr Instant start{1s};

TEST(History, knows_nothing_of_a_new_address) {
  const History history;
  EXPECT_FALSE(history.rtt(address(1), start).has_value());
  EXPECT_FALSE(history.was_used(address(1), start));
}

TEST(History, smooths_handshakes_by_an_eighth) {
  History history;
  history.record_success({address(1), 443}, 80ms, start);
  EXPECT_EQ(history.rtt(address(1), start), 80ms);
  history.record_success({address(1), 443}, 160ms, start + 1s);
  EXPECT_EQ(history.rtt(address(1), start + 1s), 90ms);
}

TEST(History, forgets_a_time_after_ten_minutes_but_not_that_it_was_used) {
  History history;
  history.record_success({address(1), 443}, 80ms, start);
  EXPECT_TRUE(history.rtt(address(1), start + 10min).has_value());
  EXPECT_FALSE(history.rtt(address(1), start + 10min + 1ns).has_value());
  EXPECT_TRUE(history.was_used(address(1), start + 1h));
  EXPECT_FALSE(history.was_used(address(1), start + 25h));
}

TEST(History, starts_afresh_after_an_old_time) {
  History history;
  history.record_success({address(1), 443}, 80ms, start);
  history.record_success({address(1), 443}, 160ms, start + 1h);
  EXPECT_EQ(history.rtt(address(1), start + 1h), 160ms);
}

TEST(History, a_refusal_counts_against_its_port_alone) {
  History history;
  const SocketAddress web(address(1), 80);
  history.record_success(web, 80ms, start);
  history.record_refusal({address(1), 81}, start);
  EXPECT_TRUE(history.has_refused({address(1), 81}, start + 10min));
  EXPECT_FALSE(history.has_refused({address(1), 81}, start + 10min + 1ns));
  EXPECT_FALSE(history.has_refused(web, start));
  EXPECT_EQ(history.rtt(address(1), start), 80ms);
  EXPECT_TRUE(history.was_used(address(1), start));
  history.record_success({address(1), 81}, 80ms, start + 1s);
  EXPECT_FALSE(history.has_refused({address(1), 81}, start + 1s));
}

TEST(History, a_failure_undoes_what_was_known) {
  History history;
  history.record_success({address(1), 443}, 80ms, start);
  history.record_failure(address(1), start + 1s);
  EXPECT_FALSE(history.rtt(address(1), start + 1s).has_value());
  EXPECT_FALSE(history.was_used(address(1), start + 1s));
}

TEST(History, drops_the_address_that_was_untouched_longest) {
  History history(2);
  history.record_success({address(1), 443}, 80ms, start);
  history.record_success({address(2), 443}, 80ms, start);
  history.record_success({address(1), 443}, 80ms, start);
  history.record_success({address(3), 443}, 80ms, start);
  EXPECT_EQ(history.size(), 2u);
  EXPECT_TRUE(history.was_used(address(1), start));
  EXPECT_FALSE(history.was_used(address(2), start));
  EXPECT_TRUE(history.was_used(address(3), start));
}

TEST(History, of_no_size_keeps_nothing) {
  History history(0);
  history.record_success({address(1), 443}, 80ms, start);
  history.record_failure(address(1), start);
  EXPECT_EQ(history.size(), 0u);
}

TEST(History, clear_forgets_all) {
  History history;
  history.record_success({address(1), 443}, 80ms, start);
  history.forget_if([](const IpAddress&) { return true; });
  EXPECT_EQ(history.size(), 0u);
  EXPECT_FALSE(history.was_used(address(1), start));
}

}  // namespace
}  // namespace bowline::core
