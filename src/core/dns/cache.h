#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/dns/resolver.h"

namespace bowline::core {

/// Answers by question and scope, for as long as their TTL says; bounded in bytes, least used goes first.
///
/// source    RFC 2308 (negative answers), RFC 8767 (expired ones are kept for those who ask for them)
class Cache {
 public:
  struct Options {
    std::size_t bytes_max = 1 << 20;
    Duration ttl_max = std::chrono::hours(24);
    Duration negative_ttl_max = std::chrono::minutes(5);
    Duration stale_max = std::chrono::hours(24);
  };

  explicit Cache(Options options) : options_(options) {}

  /// The key of a question: the name folded to lower case, type, class IN and scope.
  [[nodiscard]] static std::string key(ResolverScope scope, const wire::DnsName& name,
                                       wire::RecordType type);
  [[nodiscard]] static ResolverScope scope_of(const std::string& key);

  /// `answer.ttl_seconds` says how long it may be used; 0 keeps it out.
  void put(const std::string& key, const Answer& answer, Instant now);
  /// The answer with what is left of its TTL; an expired positive one, marked stale, only if `allow_stale`.
  [[nodiscard]] std::optional<Answer> find(const std::string& key, bool allow_stale, Instant now);
  void drop_scope(ResolverScope scope);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    std::string key;
    Answer answer;
    Instant stored;
    Instant expires;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;  // the least used last
  void drop(Entries::iterator entry);

  Options options_;
  std::size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace bowline::core
