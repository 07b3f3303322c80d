#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace bowline::stores {

/// One prepared statement; what is bound is copied.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  /// Begins anew, with nothing bound.
  SqliteStatement& begin();
  SqliteStatement& bind(std::int64_t number);
  SqliteStatement& bind(std::string_view bytes);
  SqliteStatement& bind(std::nullptr_t);
  /// True: there is a row.
  [[nodiscard]] Result<bool> step();
  /// Runs it, whatever rows it gives.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct End {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, End> statement_;
  int next_ = 0;
};

/// One connection to a database.
///
/// thread    one at a time
/// errors    all of them: resources_exhausted: busy, full; malformed: damaged, or no database;
///           permission_denied; internal. The code is SQLite's extended one.
class SqliteDatabase {
 public:
  /// The file is there already. `busy_within`: how long to wait for others.
  [[nodiscard]] static Result<SqliteDatabase> open(const std::string& path, int busy_within_ms);

  [[nodiscard]] Result<void> run(const char* sql);
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  [[nodiscard]] Result<std::string> text(const char* sql);
  [[nodiscard]] Result<SqliteStatement> prepare(const char* sql);

 private:
  struct End {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, End> database_;
};

}  // namespace bowline::stores
