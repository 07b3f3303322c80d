#include "session/store/session_records.h"

#include <utility>

#include "session/store/record_text.h"

namespace bowline::session {

namespace {

constexpr std::string_view cookie_kind = "cookie";
constexpr std::string_view hsts_kind = "hsts";
constexpr std::string_view response_kind = "response";
/// How long a response is worth keeping, fresh or not: its validator may serve.
constexpr std::int64_t response_days = 30;
constexpr std::int64_t day = 24 * 3600;

std::string key_of(const core::Cookie& cookie) {
  return RecordWriter()
      .add(cookie.domain)
      .add(cookie.is_host_only ? 1 : 0)
      .add(cookie.path)
      .add(cookie.name)
      .add(cookie.partition)
      .take();
}

void write_fields(RecordWriter& writer, const HttpFields& fields) {
  writer.add(static_cast<std::int64_t>(fields.size()));
  for (const HttpField field : fields) writer.add(field.name).add(field.value);
}

bool read_fields(RecordReader& reader, HttpFields& fields) {
  const std::int64_t count = reader.number();
  for (std::int64_t i = 0; i < count && reader.is_good(); ++i) {
    const std::string_view name = reader.text();
    const std::string_view value = reader.text();
    if (!reader.is_good() || !fields.add(name, value).has_value()) return false;
  }
  return reader.is_good();
}

ports::StoredRecord gone(std::string_view kind, std::string key) {
  return {std::string(kind), std::move(key), std::nullopt, 0};
}

}  // namespace

ports::StoredRecord to_record(const core::Cookie& cookie) {
  RecordWriter writer;
  writer.add(cookie.name).add(cookie.value).add(cookie.domain).add(cookie.path);
  writer.add(cookie.partition).add(cookie.created).add(cookie.last_used);
  writer.add((cookie.is_host_only ? 1 : 0) | (cookie.is_secure ? 2 : 0) |
             (cookie.is_http_only ? 4 : 0));
  writer.add(static_cast<std::int64_t>(cookie.same_site));
  return {std::string(cookie_kind), key_of(cookie), writer.take(), cookie.expires.value_or(0)};
}

std::optional<core::Cookie> cookie_of(const ports::StoredRecord& record) {
  if (!record.value || record.expires == 0) return std::nullopt;
  RecordReader reader(*record.value);
  core::Cookie cookie;
  cookie.name = reader.text();
  cookie.value = reader.text();
  cookie.domain = reader.text();
  cookie.path = reader.text();
  cookie.partition = reader.text();
  cookie.created = reader.number();
  cookie.last_used = reader.number();
  const std::int64_t flags = reader.number();
  cookie.is_host_only = (flags & 1) != 0;
  cookie.is_secure = (flags & 2) != 0;
  cookie.is_http_only = (flags & 4) != 0;
  const std::int64_t same_site = reader.number();
  if (!reader.is_at_end() || same_site < 0 || same_site > 3) return std::nullopt;
  cookie.same_site = static_cast<core::SameSite>(same_site);
  cookie.expires = record.expires;
  // Somebody else may have written the file.
  if (cookie.domain.empty() || !cookie.path.starts_with('/') || key_of(cookie) != record.key)
    return std::nullopt;
  return cookie;
}

ports::StoredRecord to_record(const ResponseCache::Stored& stored) {
  const core::StoredResponse& response = stored.response;
  RecordWriter writer;
  writer.add(stored.key).add(response.method).add(response.head.status).add(response.head.reason);
  writer.add(static_cast<std::int64_t>(response.head.version));
  write_fields(writer, response.head.fields);
  write_fields(writer, response.request_fields);
  writer.add(response.times.requested).add(response.times.received).add(stored.body.text());
  return {std::string(response_kind), ResponseCache::record_key_of(stored), writer.take(),
          response.times.received + response_days * day};
}

std::optional<ResponseCache::Stored> response_of(const ports::StoredRecord& record) {
  if (!record.value) return std::nullopt;
  RecordReader reader(*record.value);
  ResponseCache::Stored stored;
  stored.key = reader.text();
  core::StoredResponse& response = stored.response;
  response.method = reader.text();
  response.head.status = static_cast<int>(reader.number());
  response.head.reason = reader.text();
  const std::int64_t version = reader.number();
  if (!read_fields(reader, response.head.fields) || !read_fields(reader, response.request_fields))
    return std::nullopt;
  response.times.requested = reader.number();
  response.times.received = reader.number();
  stored.body = Buffer::own(std::string(reader.text()));
  if (!reader.is_at_end() || version < 0 ||
      version > static_cast<std::int64_t>(wire::HttpVersion::http3))
    return std::nullopt;
  response.head.version = static_cast<wire::HttpVersion>(version);
  if (ResponseCache::record_key_of(stored) != record.key) return std::nullopt;
  return stored;
}

SessionRecords::SessionRecords(std::shared_ptr<ports::RecordStore> store, Memory memory)
    : store_(std::move(store)), memory_(memory) {
  memory_.jar.note_changes();
  memory_.hsts.note_changes();
  memory_.cache.note_changes();
}

Result<void> SessionRecords::take_over(std::int64_t now) {
  if (has_read_ && !store_->may_have_changed()) return {};
  // What is ours and on its way would be undone by what we read.
  hand_over();
  BOWLINE_TRY(std::vector<ports::StoredRecord> records, store_->changes(now));
  has_read_ = true;
  for (ports::StoredRecord& record : records) take(record, now);
  return {};
}

void SessionRecords::take(ports::StoredRecord& record, std::int64_t now) {
  if (record.kind == cookie_kind) {
    if (auto cookie = cookie_of(record)) return memory_.jar.adopt(*std::move(cookie), now);
    memory_.jar.drop([&](const core::Cookie& each) { return key_of(each) == record.key; });
  } else if (record.kind == hsts_kind) {
    if (record.value)
      memory_.hsts.adopt(record.key, {record.expires, *record.value == "1"});
    else
      memory_.hsts.drop(record.key);
  } else if (record.kind == response_kind) {
    if (auto stored = response_of(record))
      memory_.cache.adopt(*std::move(stored));
    else
      memory_.cache.drop(record.key);
  }
}

void SessionRecords::hand_over() {
  for (const auto& [cookie, is_gone] : memory_.jar.take_changes()) {
    // Those that end with the session end with it.
    const bool is_kept = !is_gone && cookie.expires.has_value();
    store_->put(is_kept ? to_record(cookie) : gone(cookie_kind, key_of(cookie)));
  }
  for (const std::string& host : memory_.hsts.take_changes()) {
    const auto& entries = memory_.hsts.entries();
    const auto found = entries.find(host);
    if (found == entries.end()) {
      store_->put(gone(hsts_kind, host));
    } else {
      store_->put({std::string(hsts_kind), host, found->second.with_subdomains ? "1" : "0",
                   found->second.expires});
    }
  }
  for (auto& [key, stored] : memory_.cache.take_changes())
    store_->put(stored ? to_record(*stored) : gone(response_kind, key));
}

void SessionRecords::clear(std::string_view kind) {
  // What was noted of its end is said by that.
  static_cast<void>(kind == cookie_kind ? memory_.jar.take_changes().size()
                                        : memory_.cache.take_changes().size());
  store_->clear(kind);
  if (auto flushed = store_->flush(); !flushed.has_value() && !failed_) failed_ = flushed.error();
}

Result<void> SessionRecords::flush() {
  auto flushed = store_->flush();
  if (failed_) return *std::exchange(failed_, std::nullopt);
  return flushed;
}

}  // namespace bowline::session
