#include <gtest/gtest.h>

#include <bowline/sim/simulation.h>

#include "base/bytes.h"
#include "sim/ports.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;

struct Disk {
  [[nodiscard]] Result<std::unique_ptr<ports::FileStore>> open(
      std::string_view folder = "/var/lib/app") {
    return ports->file_stores().open(folder);
  }
  Simulation sim{1};
  Host& host = sim.add_host("phone");
  std::unique_ptr<LoopPorts> ports = make_ports(host);
};

TEST(SimFileStore, outlives_the_loop_that_wrote_it) {
  Disk disk;
  ASSERT_TRUE(disk.open().value()->replace("cookies", as_bytes("crumbs")).has_value());
  disk.ports = make_ports(disk.host);
  EXPECT_EQ(disk.open().value()->read("cookies", 100), "crumbs");
  EXPECT_EQ(disk.open().value()->list(), std::vector<std::string>{"cookies"});
  EXPECT_EQ(disk.open("/elsewhere").value()->list(), std::vector<std::string>());
  EXPECT_EQ(disk.open().value()->read("cookies", 5).error().kind(), ErrorKind::limit_exceeded);
  ASSERT_TRUE(disk.open().value()->remove("cookies").has_value());
  EXPECT_EQ(disk.open().value()->read("cookies", 100).error().code(), ENOENT);
}

TEST(SimFileStore, has_the_faults_that_it_is_told_to_have) {
  Disk disk;
  const auto store = disk.open().value();
  ASSERT_TRUE(store->replace("cookies", as_bytes("old")).has_value());
  disk.host.set_store_fault(StoreFault::disk_full);
  EXPECT_EQ(store->replace("cookies", as_bytes("new")).error().kind(),
            ErrorKind::resources_exhausted);
  EXPECT_EQ(store->read("cookies", 100), "old");
  disk.host.set_store_fault(StoreFault::no_permission);
  EXPECT_EQ(store->read("cookies", 100).error().kind(), ErrorKind::permission_denied);
  EXPECT_EQ(store->list().error().kind(), ErrorKind::permission_denied);
  EXPECT_EQ(disk.open().error().kind(), ErrorKind::permission_denied);
  disk.host.set_store_fault(StoreFault::none);
  EXPECT_EQ(store->read("cookies", 100), "old");
}

TEST(SimFileStore, is_locked_by_one_at_a_time) {
  Disk disk;
  auto lock = disk.open().value()->lock("cookies").value();
  EXPECT_EQ(disk.open().value()->lock("cookies").error().kind(), ErrorKind::resources_exhausted);
  lock.reset();
  EXPECT_TRUE(disk.open().value()->lock("cookies").has_value());
}

TEST(SimWallClock, starts_in_2026_goes_with_the_simulation_and_jumps_when_told) {
  Disk disk;
  const ports::WallTime start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  // Looking at a clock takes a moment, in a simulation too.
  const auto now = [&] {
    return std::chrono::floor<std::chrono::milliseconds>(disk.ports->wall_clock().now());
  };
  EXPECT_EQ(now(), start);
  disk.sim.run_for(90s);
  EXPECT_EQ(now(), start + 90s);
  disk.host.set_wall_time(start - 1h);
  disk.sim.run_for(1s);
  EXPECT_EQ(now(), start - 1h + 1s);
}

}  // namespace
}  // namespace bowline::sim
