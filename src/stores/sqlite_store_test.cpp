#include "stores/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "stores/sqlite_database.h"

namespace bowline::stores {
namespace {

using ports::StoredRecord;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t now_2026 = 1'793'000'000;

/// A folder that goes with the test.
struct StoreFolder {
  StoreFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline-store-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~StoreFolder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return (path / "session.db").string(); }
  [[nodiscard]] std::unique_ptr<ports::RecordStore> open(std::int64_t now = now_2026) {
    auto opened = open_sqlite_store(file(), now, ++chance);
    EXPECT_TRUE(opened.has_value()) << to_string(opened.error());
    return opened.has_value() ? *std::move(opened) : nullptr;
  }
  [[nodiscard]] std::string bytes(const std::string& name) const {
    std::ifstream in(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path path;
  std::uint64_t chance = 1000;
};

StoredRecord record(std::string key, std::string value, std::int64_t expires = 0) {
  return {"cookie", std::move(key), std::move(value), expires};
}

TEST(SqliteStore, what_was_put_is_there_for_the_next_one) {
  StoreFolder folder;
  {
    const auto store = folder.open();
    EXPECT_THAT(store->changes(now_2026).value(), IsEmpty());
    store->put(record("a", "1"));
    store->put(record("b", std::string("x\0y", 3)));
    store->put(record("a", "2", now_2026 + 10));
    store->put({"cookie", "b", std::nullopt, 0});
    store->put(record("c", ""));
    EXPECT_TRUE(store->flush().has_value());
  }
  const auto again = folder.open();
  EXPECT_THAT(again->changes(now_2026).value(),
              ElementsAre(record("a", "2", now_2026 + 10), record("c", "")));
  EXPECT_THAT(folder.open(now_2026 + 10)->changes(now_2026 + 10).value(),
              ElementsAre(record("c", "")));
  struct stat is{};
  ASSERT_EQ(::stat(folder.file().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600U);
}

TEST(SqliteStore, others_hear_of_changes_and_nobody_of_his_own) {
  StoreFolder folder;
  const auto one = folder.open();
  const auto other = folder.open();
  EXPECT_THAT(one->changes(now_2026).value(), IsEmpty());
  EXPECT_THAT(other->changes(now_2026).value(), IsEmpty());
  one->put(record("a", "1"));
  ASSERT_TRUE(one->flush().has_value());
  EXPECT_TRUE(other->may_have_changed());
  EXPECT_THAT(other->changes(now_2026).value(), ElementsAre(record("a", "1")));
  EXPECT_FALSE(other->may_have_changed());
  EXPECT_THAT(one->changes(now_2026).value(), IsEmpty());
  other->put({"cookie", "a", std::nullopt, 0});
  ASSERT_TRUE(other->flush().has_value());
  EXPECT_THAT(one->changes(now_2026).value(),
              ElementsAre(testing::Field(&StoredRecord::value, std::nullopt)));
}

TEST(SqliteStore, several_processes_write_into_one_file) {
  StoreFolder folder;
  constexpr int processes = 4;
  constexpr int records = 50;
  {
    const auto made = folder.open();
  }
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool is_good = true;
      {
        auto store = open_sqlite_store(folder.file(), now_2026, 7000U + static_cast<unsigned>(i));
        is_good = store.has_value();
        for (int k = 0; is_good && k < records; ++k) {
          (*store)->put(record(std::to_string(i) + "-" + std::to_string(k), "v"));
          if (k % 10 == 0) is_good = (*store)->flush().has_value();
        }
        if (is_good) is_good = (*store)->flush().has_value();
      }
      ::_exit(is_good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(folder.open()->changes(now_2026).value(), SizeIs(processes * records));
}

TEST(SqliteStore, a_damaged_file_is_set_aside) {
  for (const bool is_cut : {false, true}) {
    StoreFolder folder;
    {
      const auto store = folder.open();
      for (int i = 0; i < 2000; ++i)
        store->put(record("key" + std::to_string(i), std::string(100, 'v')));
      ASSERT_TRUE(store->flush().has_value());
    }
    if (is_cut) {
      std::filesystem::resize_file(folder.file(), std::filesystem::file_size(folder.file()) / 2);
    } else {
      std::ofstream(folder.file(), std::ios::binary) << std::string(5000, 'x');
    }
    const auto store = folder.open();
    ASSERT_NE(store, nullptr);
    EXPECT_THAT(store->remark(), HasSubstr("damaged"));
    EXPECT_THAT(store->changes(now_2026).value(), IsEmpty());
    store->put(record("a", "1"));
    EXPECT_TRUE(store->flush().has_value());
    EXPECT_TRUE(std::filesystem::exists(folder.file() + ".damaged-1"));
  }
}

TEST(SqliteStore, what_was_cleared_is_not_on_the_disk_any_more) {
  StoreFolder folder;
  const std::string secret = "sesame-open-the-door-0123456789";
  const auto store = folder.open();
  store->put(record("a", secret));
  store->put({"hsts", "example.com", "kept", 0});
  ASSERT_TRUE(store->flush().has_value());
  store->clear("cookie");
  ASSERT_TRUE(store->flush().has_value());
  for (const char* const name : {"session.db", "session.db-wal"})
    EXPECT_EQ(folder.bytes(name).find(secret), std::string::npos) << name;
  EXPECT_THAT(folder.open()->changes(now_2026).value(), SizeIs(1));
}

TEST(SqliteStore, other_programs_files_are_left_alone) {
  StoreFolder folder;
  {
    auto made = std::ofstream(folder.file());
    ASSERT_TRUE(made.good());
  }
  auto database = SqliteDatabase::open(folder.file(), 0);
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(database->run("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").has_value());
  const auto opened = open_sqlite_store(folder.file(), now_2026, 1);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(database->number("SELECT count(*) FROM theirs").value(), 1);
}

TEST(SqliteStore, a_later_version_is_not_touched) {
  StoreFolder folder;
  {
    const auto store = folder.open();
  }
  auto database = SqliteDatabase::open(folder.file(), 0);
  ASSERT_TRUE(database->run("PRAGMA user_version=99").has_value());
  EXPECT_EQ(open_sqlite_store(folder.file(), now_2026, 1).error().kind(), ErrorKind::unsupported);
}

TEST(SqliteStore, links_and_folders_are_no_files) {
  StoreFolder folder;
  std::filesystem::create_symlink("/dev/null", folder.file());
  EXPECT_FALSE(open_sqlite_store(folder.file(), now_2026, 1).has_value());
  EXPECT_FALSE(open_sqlite_store(folder.path.string(), now_2026, 1).has_value());
  EXPECT_FALSE(open_sqlite_store("/nowhere/at/all/session.db", now_2026, 1).has_value());
}

}  // namespace
}  // namespace bowline::stores
