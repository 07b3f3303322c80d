#include "stores/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "stores/sqlite_database.h"

namespace bowline::stores {

namespace {

constexpr std::int64_t application = 0x426f776c;  // "Bowl", in the file's head
constexpr std::int64_t schema_version = 1;
constexpr int reader_busy_ms = 200;
constexpr int writer_busy_ms = 10'000;
constexpr std::int64_t day = 24 * 3600;
constexpr int damaged_max = 100;

// `change` grows with every transaction, so that whoever has seen one number asks for those above it. What is
// gone stays for a day without its value, so that others hear of it.
constexpr const char* make_schema =
    "CREATE TABLE IF NOT EXISTS records (kind BLOB NOT NULL, key BLOB NOT NULL, value BLOB, "
    "expires INTEGER NOT NULL, change INTEGER NOT NULL, writer INTEGER NOT NULL, "
    "PRIMARY KEY (kind, key)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS records_by_change ON records (change);";

/// Holds off others that open the same file, as long as it lives: one of them makes it, or sets it aside.
class OpeningLock {
 public:
  OpeningLock() = default;
  OpeningLock(const OpeningLock&) = delete;
  OpeningLock& operator=(const OpeningLock&) = delete;
  ~OpeningLock() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] Result<void> take(const std::string& path) {
    const std::string name = path + ".lock";
    file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) return Error::from_errno(errno, "open store").about(name);
    while (::flock(file_, LOCK_EX) != 0)
      if (errno != EINTR) return Error::from_errno(errno, "lock store").about(name);
    return {};
  }

 private:
  int file_ = -1;
};

/// SQLite would make it for everybody to read.
Result<void> make_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Error::from_errno(errno, "open store").about(path);
  struct stat is{};
  const int outcome = ::fstat(file, &is);
  ::close(file);
  if (outcome != 0) return Error::from_errno(errno, "stat").about(path);
  if (!S_ISREG(is.st_mode))
    return Error(ErrorKind::invalid_argument, "open store", "this is no file").about(path);
  return {};
}

Result<std::string> set_aside(const std::string& path) {
  for (int number = 1; number <= damaged_max; ++number) {
    const std::string name = path + ".damaged-" + std::to_string(number);
    if (::access(name.c_str(), F_OK) == 0) continue;
    if (::rename(path.c_str(), name.c_str()) != 0)
      return Error::from_errno(errno, "rename").about(path);
    // Belonging to a file that is gone, they would be taken for the new one's.
    static_cast<void>(::unlink((path + "-wal").c_str()));
    static_cast<void>(::unlink((path + "-shm").c_str()));
    return name;
  }
  return Error(ErrorKind::limit_exceeded, "open store", "too many damaged files lie there already")
      .about(path);
}

Result<void> prepare_database(SqliteDatabase& database, const std::string& path) {
  BOWLINE_TRY(const std::string verdict, database.text("PRAGMA quick_check(1)"));
  if (verdict != "ok") return Error(ErrorKind::malformed, "open store", verdict);
  BOWLINE_TRY(const std::int64_t whose, database.number("PRAGMA application_id"));
  BOWLINE_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_master"));
  if (whose != application && (whose != 0 || tables > 0))
    return Error(ErrorKind::invalid_argument, "open store", "this file is another program's")
        .about(path);
  BOWLINE_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
  if (version > schema_version)
    return Error(ErrorKind::unsupported, "open store", "a later version of bowline made this file")
        .about(path);
  BOWLINE_TRY_VOID(
      database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
                   "secure_delete=ON; BEGIN IMMEDIATE"));
  BOWLINE_TRY_VOID(database.run(make_schema));
  const std::string marks = "PRAGMA application_id=" + std::to_string(application) +
                            "; PRAGMA user_version=" + std::to_string(schema_version) + "; COMMIT";
  return database.run(marks.c_str());
}

struct Clearing {
  std::string kind;
};
using Change = std::variant<ports::StoredRecord, Clearing>;

std::size_t octets_of(const Change& change) {
  constexpr std::size_t overhead = 128;
  const auto* const record = std::get_if<ports::StoredRecord>(&change);
  if (record == nullptr) return overhead;
  return overhead + record->key.size() + (record->value ? record->value->size() : 0);
}

/// Its writing half, which lives in a thread of its own.
class Writer {
 public:
  Writer(SqliteDatabase database, std::int64_t name, std::int64_t now)
      : database_(std::move(database)), name_(name), now_(now), thread_([this] { run(); }) {}
  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void add(Change change) {
    const std::size_t octets = octets_of(change);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return queued_octets_ == 0 ||
             queued_octets_ + octets <= ports::RecordStore::queued_octets_max;
    });
    queued_octets_ += octets;
    queue_.push_back(std::move(change));
    changed_.notify_all();
  }
  Result<void> flush() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && !is_writing_; });
    if (auto error = std::exchange(error_, std::nullopt)) return *error;
    return {};
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !queue_.empty() || is_ending_; });
      if (queue_.empty()) return;
      const std::deque<Change> batch = std::exchange(queue_, {});
      is_writing_ = true;
      lock.unlock();
      const Result<void> written = write(batch);
      lock.lock();
      is_writing_ = false;
      queued_octets_ = 0;
      for (const Change& change : queue_) queued_octets_ += octets_of(change);
      if (!written.has_value() && !error_) error_ = written.error();
      changed_.notify_all();
    }
  }

  Result<void> write(const std::deque<Change>& batch) {
    BOWLINE_TRY_VOID(database_.run("BEGIN IMMEDIATE"));
    const Result<void> written = write_all(batch);
    if (!written.has_value()) {
      static_cast<void>(database_.run("ROLLBACK"));
      return written;
    }
    BOWLINE_TRY_VOID(database_.run("COMMIT"));
    // Until then what was cleared still stands in the journal.
    if (has_cleared_) {
      has_cleared_ = false;
      return database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    return {};
  }

  Result<void> write_all(const std::deque<Change>& batch) {
    BOWLINE_TRY(std::int64_t change,
                database_.number("SELECT coalesce(max(change), 0) FROM records"));
    ++change;
    BOWLINE_TRY(SqliteStatement put,
                database_.prepare("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT "
                                  "DO UPDATE SET value=?3, expires=?4, change=?5, writer=?6"));
    BOWLINE_TRY(SqliteStatement clear,
                database_.prepare("UPDATE records SET value=NULL, expires=?2, change=?3, writer=?4 "
                                  "WHERE kind=?1 AND value IS NOT NULL"));
    for (const Change& each : batch) {
      if (const auto* const clearing = std::get_if<Clearing>(&each)) {
        has_cleared_ = true;
        BOWLINE_TRY_VOID(
            clear.begin().bind(clearing->kind).bind(now_ + day).bind(change).bind(name_).run());
        continue;
      }
      const auto& record = std::get<ports::StoredRecord>(each);
      put.begin().bind(record.kind).bind(record.key);
      if (record.value) {
        put.bind(*record.value).bind(record.expires);
      } else {
        put.bind(nullptr).bind(now_ + day);
      }
      BOWLINE_TRY_VOID(put.bind(change).bind(name_).run());
    }
    return {};
  }

  SqliteDatabase database_;
  const std::int64_t name_;
  const std::int64_t now_;
  bool has_cleared_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Change> queue_;
  std::size_t queued_octets_ = 0;
  bool is_writing_ = false;
  bool is_ending_ = false;
  std::optional<Error> error_;
  std::thread thread_;  // the last: it uses the others
};

class SqliteStore final : public ports::RecordStore {
 public:
  SqliteStore(SqliteDatabase reader, SqliteDatabase writer, std::int64_t name, std::int64_t now,
              std::string remark)
      : reader_(std::move(reader)),
        name_(name),
        remark_(std::move(remark)),
        writer_(std::move(writer), name, now) {}

  [[nodiscard]] bool may_have_changed() override {
    const auto version = reader_.number("PRAGMA data_version");
    return !version.has_value() || *version != version_;
  }

  [[nodiscard]] Result<std::vector<ports::StoredRecord>> changes(std::int64_t now) override {
    BOWLINE_TRY(version_, reader_.number("PRAGMA data_version"));
    BOWLINE_TRY(SqliteStatement select,
                reader_.prepare("SELECT kind, key, value, expires, change FROM records WHERE "
                                "change > ? AND writer <> ? ORDER BY change"));
    std::vector<ports::StoredRecord> found;
    std::int64_t last = seen_;
    select.begin().bind(seen_).bind(has_read_ ? name_ : 0);
    for (;;) {
      BOWLINE_TRY(const bool has_row, select.step());
      if (!has_row) break;
      ports::StoredRecord record{select.text(0), select.text(1), std::nullopt, select.number(3)};
      last = std::max(last, select.number(4));
      const bool is_gone = select.is_null(2) || (record.expires != 0 && record.expires <= now);
      if (!is_gone) record.value = select.text(2);
      // At first nobody knows of what is gone.
      if (record.value || has_read_) found.push_back(std::move(record));
    }
    seen_ = last;
    has_read_ = true;
    return found;
  }

  void put(ports::StoredRecord record) override {
    if (record.value && record.value->size() > value_octets_max) record.value.reset();
    writer_.add(std::move(record));
  }
  void clear(std::string_view kind) override { writer_.add(Clearing{std::string(kind)}); }
  [[nodiscard]] Result<void> flush() override { return writer_.flush(); }
  [[nodiscard]] const std::string& remark() const override { return remark_; }

 private:
  SqliteDatabase reader_;
  const std::int64_t name_;
  const std::string remark_;
  std::int64_t version_ = -1;
  std::int64_t seen_ = 0;
  bool has_read_ = false;
  Writer writer_;
};

Result<SqliteDatabase> open_prepared(const std::string& path, std::int64_t now) {
  BOWLINE_TRY_VOID(make_file(path));
  BOWLINE_TRY(SqliteDatabase database, SqliteDatabase::open(path, writer_busy_ms));
  BOWLINE_TRY_VOID(prepare_database(database, path));
  BOWLINE_TRY(SqliteStatement purge,
              database.prepare("DELETE FROM records WHERE expires <> 0 AND expires <= ?"));
  BOWLINE_TRY_VOID(purge.begin().bind(now).run());
  return database;
}

}  // namespace

Result<std::unique_ptr<ports::RecordStore>> open_sqlite_store(const std::string& path,
                                                              std::int64_t now,
                                                              std::uint64_t chance) {
  OpeningLock lock;
  BOWLINE_TRY_VOID(lock.take(path));
  std::string remark;
  auto writer = open_prepared(path, now);
  if (!writer.has_value() && writer.error().kind() == ErrorKind::malformed) {
    BOWLINE_TRY(const std::string aside, set_aside(path));
    remark = "the store was damaged (" + writer.error().message() + ") and lies in " + aside +
             " now; a new one was begun";
    writer = open_prepared(path, now);
  }
  if (!writer.has_value()) return writer.error();
  BOWLINE_TRY(SqliteDatabase reader, SqliteDatabase::open(path, reader_busy_ms));
  constexpr std::uint64_t positive = INT64_MAX;
  const auto name = static_cast<std::int64_t>(std::max<std::uint64_t>(chance & positive, 1));
  return std::make_unique<SqliteStore>(std::move(reader), *std::move(writer), name, now,
                                       std::move(remark));
}

}  // namespace bowline::stores
