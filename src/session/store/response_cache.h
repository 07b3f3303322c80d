#pragma once

#include <bowline/buffer.h>
#include <bowline/url.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/http/cache/cache_rules.h"

namespace bowline::session {

/// Responses that a session keeps for itself: a private cache, in memory, by the rules of core/http/cache.
///
/// limits    octets of heads and bodies together; beyond them the least recently used go. One response may
///           take an eighth. Eight variants of one URL.
class ResponseCache {
 public:
  struct Stored {
    std::string key;
    core::StoredResponse response;
    Buffer body;
  };
  static constexpr std::size_t variants_max = 8;

  explicit ResponseCache(std::size_t octets_max) : octets_max_(octets_max) {}

  [[nodiscard]] static std::string key_of(const std::string& partition, const Url& url);
  /// The one that the request selects, or null; it counts as used. Valid until the next call.
  [[nodiscard]] Stored* find(const std::string& key, const wire::RequestHead& request);
  /// In the place of the variant that the same request would select.
  void put(Stored stored, const wire::RequestHead& request);
  void remove(const std::string& key);
  void clear();

  /// What names one stored response among all: its key, and what Vary names of its request.
  [[nodiscard]] static std::string record_key_of(const Stored& stored);
  /// For those who keep them elsewhere, too: from now on changes are written down; without a response it is
  /// gone.
  void note_changes() { notes_changes_ = true; }
  [[nodiscard]] std::map<std::string, std::optional<Stored>> take_changes() {
    return std::exchange(changes_, {});
  }
  /// What is kept elsewhere already, by its record's key.
  void adopt(Stored stored);
  void drop(const std::string& record_key);
  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] std::size_t octets_max() const { return octets_max_; }

 private:
  using Place = std::list<Stored>::iterator;
  void erase(Place place);
  void insert(Stored stored);
  [[nodiscard]] static std::size_t size_of(const Stored& stored);

  std::size_t octets_max_;
  std::size_t octets_ = 0;
  std::list<Stored> used_;  // the last one used first
  std::multimap<std::string, Place> places_;
  std::map<std::string, std::optional<Stored>> changes_;
  bool notes_changes_ = false;
};

}  // namespace bowline::session
