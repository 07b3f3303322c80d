#pragma once

#include <bowline/buffer.h>
#include <bowline/url.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>

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
  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] std::size_t octets_max() const { return octets_max_; }

 private:
  using Place = std::list<Stored>::iterator;
  void erase(Place place);
  [[nodiscard]] static std::size_t size_of(const Stored& stored);

  std::size_t octets_max_;
  std::size_t octets_ = 0;
  std::list<Stored> used_;  // the last one used first
  std::multimap<std::string, Place> places_;
};

}  // namespace bowline::session
