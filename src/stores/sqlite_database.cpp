#include "stores/sqlite_database.h"

#include <sqlite3.h>

#include <utility>

namespace bowline::stores {

namespace {

constexpr int primary_code = 0xff;

ErrorKind kind_of(int code) {
  switch (code & primary_code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM: return ErrorKind::resources_exhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::malformed;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN: return ErrorKind::permission_denied;
    case SQLITE_TOOBIG: return ErrorKind::limit_exceeded;
    default: return ErrorKind::internal;
  }
}

Error sqlite_error(sqlite3* database, int code) {
  const int whole = database != nullptr ? sqlite3_extended_errcode(database) : code;
  const char* const text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return {kind_of(code), ErrorDomain::posix, 0, "store",
          std::string(text) + " (SQLite " + std::to_string(whole) + ")"};
}

}  // namespace

SqliteStatement& SqliteStatement::begin() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 0;
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), ++next_, number);
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view bytes) {
  // No pointer would mean NULL.
  sqlite3_bind_blob64(statement_.get(), ++next_, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_TRANSIENT);
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::nullptr_t) {
  sqlite3_bind_null(statement_.get(), ++next_);
  return *this;
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(database_, code);
}

Result<void> SqliteStatement::run() {
  for (;;) {
    BOWLINE_TRY(const bool has_row, step());
    if (!has_row) return {};
  }
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void SqliteStatement::End::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, int busy_within_ms) {
  sqlite3* made = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &made,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  SqliteDatabase database;
  database.database_.reset(made);
  if (code != SQLITE_OK) return sqlite_error(made, code).about(path);
  sqlite3_busy_timeout(made, busy_within_ms);
  // What somebody else wrote into the file is data, and never code.
  sqlite3_db_config(made, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(made, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Result<void> SqliteDatabase::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
  return {};
}

Result<std::int64_t> SqliteDatabase::number(const char* sql) {
  BOWLINE_TRY(SqliteStatement statement, prepare(sql));
  BOWLINE_TRY(const bool has_row, statement.step());
  return has_row ? statement.number(0) : 0;
}

Result<std::string> SqliteDatabase::text(const char* sql) {
  BOWLINE_TRY(SqliteStatement statement, prepare(sql));
  BOWLINE_TRY(const bool has_row, statement.step());
  return has_row ? statement.text(0) : std::string();
}

Result<SqliteStatement> SqliteDatabase::prepare(const char* sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &made, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
  return SqliteStatement(database_.get(), made);
}

void SqliteDatabase::End::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

}  // namespace bowline::stores
