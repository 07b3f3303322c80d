#include <sys/stat.h>

#include <fstream>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

struct FileStoreTest : testing::Test {
  [[nodiscard]] std::unique_ptr<ports::FileStore> open() {
    return scene.host->file_stores().open(path).value();
  }
  TemporaryFolder folder;
  const std::string path = folder.path() + "/store";
  Scene scene;
};

TEST_F(FileStoreTest, keeps_files_for_the_next_who_opens_it) {
  ASSERT_TRUE(open()->replace("cookies", as_bytes("old")).has_value());
  ASSERT_TRUE(open()->replace("cookies", as_bytes("new")).has_value());
  ASSERT_TRUE(open()->replace("a", {}).has_value());
  EXPECT_EQ(open()->read("cookies", 3), "new");
  EXPECT_EQ(open()->read("a", 0), "");
  EXPECT_EQ(open()->list(), (std::vector<std::string>{"a", "cookies"}));
  ASSERT_TRUE(open()->remove("cookies").has_value());
  EXPECT_TRUE(open()->remove("cookies").has_value()) << "there is none";
  EXPECT_EQ(open()->read("cookies", 3).error().code(), ENOENT);
}

TEST_F(FileStoreTest, is_for_this_user_alone) {
  ASSERT_TRUE(open()->replace("cookies", as_bytes("x")).has_value());
  struct stat status{};
  ASSERT_EQ(::stat((path + "/cookies").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  EXPECT_EQ(scene.host->file_stores().open(path).error().kind(), ErrorKind::permission_denied);
}

TEST_F(FileStoreTest, refuses_names_that_lead_elsewhere) {
  const auto store = open();
  for (const std::string_view name : {"", ".", "..", "../x", "a/b", ".hidden", "A", "a b"})
    EXPECT_EQ(store->replace(name, {}).error().kind(), ErrorKind::invalid_argument) << name;
  EXPECT_EQ(store->read(std::string(101, 'a'), 1).error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.host->file_stores().open("relative").error().kind(), ErrorKind::invalid_argument);
}

TEST_F(FileStoreTest, does_not_follow_links) {
  const auto store = open();
  std::ofstream(folder.path() + "/secret") << "secret";
  std::filesystem::create_symlink(folder.path() + "/secret", path + "/link");
  EXPECT_FALSE(store->read("link", 100).has_value());
}

TEST_F(FileStoreTest, reads_no_more_than_the_cap) {
  const auto store = open();
  const std::string text(40'000, 'x');
  ASSERT_TRUE(store->replace("large", as_bytes(text)).has_value());
  EXPECT_EQ(store->read("large", text.size()), text);
  EXPECT_EQ(store->read("large", text.size() - 1).error().kind(), ErrorKind::limit_exceeded);
}

TEST_F(FileStoreTest, is_locked_by_one_at_a_time) {
  const auto one = open();
  const auto other = open();
  auto lock = one->lock("cookies").value();
  EXPECT_EQ(other->lock("cookies").error().kind(), ErrorKind::resources_exhausted);
  EXPECT_EQ(one->lock("cookies").error().kind(), ErrorKind::resources_exhausted);
  EXPECT_TRUE(other->lock("tickets").has_value());
  lock.reset();
  EXPECT_TRUE(other->lock("cookies").has_value());
  EXPECT_TRUE(one->list()->empty()) << "locks are not listed";
}

TEST_F(FileStoreTest, leaves_the_old_content_when_the_disk_is_full) {
  CallFault faults(Call::write_file);
  scene.host = make_host(faults).value();
  const auto store = open();
  ASSERT_TRUE(store->replace("cookies", as_bytes("old")).has_value());
  faults.fail_with(ENOSPC);
  EXPECT_EQ(store->replace("cookies", as_bytes("new")).error().kind(),
            ErrorKind::resources_exhausted);
  EXPECT_EQ(store->read("cookies", 3), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path), {}), 1) << "a file is left";
}

TEST(KernelWallClock, tells_the_date) {
  const Scene scene;
  const auto now = std::chrono::system_clock::now();
  EXPECT_GE(scene.host->wall_clock().now(), now - std::chrono::hours(1));
  EXPECT_LE(scene.host->wall_clock().now(), now + std::chrono::hours(1));
}

}  // namespace
}  // namespace bowline::linux_host
