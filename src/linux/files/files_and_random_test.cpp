#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

struct FilesTest : testing::Test {
  std::filesystem::path folder = [] {
    std::string pattern = testing::TempDir() + "bowline-XXXXXX";
    return std::filesystem::path(::mkdtemp(pattern.data()));
  }();
  ~FilesTest() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] std::string path_of(std::string_view name) const { return folder / name; }
  std::string put(std::string_view name, std::string_view text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  Scene scene;
  ports::Files& files = scene.host->files();
};

TEST_F(FilesTest, reads_up_to_the_cap_and_not_beyond) {
  const std::string text(10'000, 'x');
  const std::string path = put("file", text);
  EXPECT_EQ(*files.read(path, 10'000), text);
  EXPECT_EQ(*files.read(path, 9'999), text.substr(1));
  EXPECT_EQ(*files.read(put("empty", ""), 0), "");
}

TEST_F(FilesTest, says_what_is_wrong_with_a_path) {
  EXPECT_EQ(files.read(path_of("absent"), 10).error().code(), ENOENT);
  EXPECT_EQ(files.read(folder.string(), 10).error().code(), EISDIR);
}

TEST_F(FilesTest, appends_to_a_file_that_only_its_owner_may_read) {
  const std::string path = path_of("secrets");
  ASSERT_TRUE(files.append_private(path, "one\n").has_value());
  ASSERT_TRUE(files.append_private(path, "two\n").has_value());
  EXPECT_EQ(*files.read(path, 100), "one\ntwo\n");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(FilesTest, appends_through_no_link_and_says_why) {
  const std::string target = put("target", "");
  std::filesystem::create_symlink(target, path_of("link"));
  EXPECT_EQ(files.append_private(path_of("link"), "x").error().code(), ELOOP);
  EXPECT_EQ(*files.read(target, 10), "");
  EXPECT_EQ(files.append_private(path_of("absent/file"), "x").error().code(), ENOENT);
}

TEST_F(FilesTest, the_version_changes_with_the_file) {
  EXPECT_EQ(files.version(path_of("file")), 0u);
  const std::string path = put("file", "one");
  const auto one = files.version(path);
  EXPECT_NE(one, 0u);
  EXPECT_EQ(files.version(path), one);
  put("file", "one and more");
  const auto two = files.version(path);
  EXPECT_NE(two, one);
  std::filesystem::rename(put("other", "one and more"), path);
  EXPECT_NE(files.version(path), two);
}

TEST(KernelRandom, fills_any_size_with_different_bytes) {
  const Scene scene;
  std::set<std::string> seen;
  for (const std::size_t size : {16u, 4000u, 4088u, 4089u, 10'000u}) {
    std::string text(size, '\0');
    scene.host->random().fill(std::as_writable_bytes(std::span(text)));
    EXPECT_NE(text.substr(size - 16), std::string(16, '\0'));
    EXPECT_TRUE(seen.insert(text.substr(0, 16)).second);
  }
  scene.host->random().fill({});
}

TEST(KernelRandom, gives_a_forked_child_other_bytes) {
  const Scene scene;
  static_cast<void>(scene.host->random().next());
  std::array<int, 2> pipe;
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t theirs = scene.host->random().next();
    ::_exit(::write(pipe[1], &theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
  }
  std::uint64_t theirs = 0;
  ASSERT_EQ(::read(pipe[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_NE(scene.host->random().next(), theirs);
}

TEST(KernelClock, does_not_run_backwards) {
  const Scene scene;
  Instant before = scene.now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = scene.now();
    EXPECT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace bowline::linux_host
