#include "core/dns/cache.h"

#include <algorithm>
#include <chrono>
#include <variant>

#include "base/bytes.h"

namespace bowline::core {

namespace {

// What a list node, a map node and an allocation of each part cost beside their bytes; a guess on the
// safe side.
constexpr std::size_t entry_overhead_bytes = 256;
constexpr std::size_t part_overhead_bytes = 32;

struct PartBytes {
  std::size_t operator()(const IpAddress&) const { return 0; }
  std::size_t operator()(const wire::NameData& data) const { return data.name.wire().size(); }
  std::size_t operator()(const wire::SoaData& data) const {
    return data.primary.wire().size() + data.mailbox.wire().size();
  }
  std::size_t operator()(const wire::TxtData& data) const {
    std::size_t bytes = 0;
    for (const std::string& text : data.strings) bytes += text.size() + part_overhead_bytes;
    return bytes;
  }
  std::size_t operator()(const wire::SrvData& data) const { return data.target.wire().size(); }
  std::size_t operator()(const wire::ServiceData& data) const {
    std::size_t bytes = data.target.wire().size() + data.mandatory.size() * 2 + data.ech.size() +
                        (data.ipv4_hints.size() + data.ipv6_hints.size()) * sizeof(IpAddress);
    for (const std::string& protocol : data.alpn) bytes += protocol.size() + part_overhead_bytes;
    for (const auto& parameter : data.parameters)
      bytes += parameter.value.size() + part_overhead_bytes;
    return bytes;
  }
  std::size_t operator()(const wire::RawData& data) const { return data.bytes.size(); }
};

std::size_t bytes_of(const std::string& key, const Answer& answer) {
  std::size_t bytes = entry_overhead_bytes + sizeof(Answer) + 2 * key.size() +
                      answer.question.size() + answer.canonical_name.size();
  for (const std::string& words : answer.remarks) bytes += words.size() + part_overhead_bytes;
  if (answer.reply.has_value() && answer.reply->edns.has_value())
    for (const wire::EdnsOption& option : answer.reply->edns->options)
      bytes += option.value.size() + part_overhead_bytes;
  for (const wire::Record& record : answer.records)
    bytes += sizeof record + record.name.wire().size() + part_overhead_bytes +
             std::visit(PartBytes{}, record.data);
  return bytes;
}

std::uint32_t whole_seconds(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, UINT32_MAX));
}

}  // namespace

std::string Cache::key(ResolverScope scope, const wire::DnsName& name, wire::RecordType type) {
  std::vector<std::byte> head;
  ByteWriter writer(head);
  writer.u32(scope);
  writer.u16(static_cast<std::uint16_t>(type));
  writer.u16(wire::class_in);
  return std::string(as_text(head)).append(name.folded().wire());
}

ResolverScope Cache::scope_of(const std::string& key) {
  return ByteReader(as_bytes(key)).u32().value_or(0);
}

void Cache::put(const std::string& key, const Answer& answer, Instant now) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) drop(known->second);
  const Duration cap =
      answer.status == AnswerStatus::ok ? options_.ttl_max : options_.negative_ttl_max;
  const Duration ttl = std::min<Duration>(std::chrono::seconds(answer.ttl_seconds), cap);
  const std::size_t bytes = bytes_of(key, answer);
  if (ttl <= Duration::zero() || bytes > options_.bytes_max) return;

  while (bytes_ + bytes > options_.bytes_max) drop(std::prev(entries_.end()));
  entries_.push_front({key, answer, now, now + ttl, bytes});
  by_key_.emplace(key, entries_.begin());
  bytes_ += bytes;
}

std::optional<Answer> Cache::find(const std::string& key, bool allow_stale, Instant now) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return std::nullopt;
  const auto entry = known->second;
  const bool expired = entry->expires <= now;
  const bool positive = entry->answer.status == AnswerStatus::ok;
  if (expired && (!positive || entry->expires + options_.stale_max <= now)) {
    drop(entry);
    return std::nullopt;
  }
  if (expired && !allow_stale) return std::nullopt;

  entries_.splice(entries_.begin(), entries_, entry);
  Answer answer = entry->answer;
  const std::uint32_t age = whole_seconds(now - entry->stored);
  answer.ttl_seconds = whole_seconds(entry->expires - now);
  for (wire::Record& record : answer.records)
    record.ttl_seconds -= std::min(record.ttl_seconds, age);
  answer.stale = expired;
  answer.final = !expired;
  answer.source = AnswerSource::cache;
  return answer;
}

void Cache::drop_scope(ResolverScope scope) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (scope_of(entry->key) == scope) drop(entry);
  }
}

void Cache::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace bowline::core
