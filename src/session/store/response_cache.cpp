#include "session/store/response_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bowline::session {

std::string ResponseCache::key_of(const std::string& partition, const Url& url) {
  return partition + " " + url.with_fragment(std::nullopt).with_credentials("", "").text();
}

ResponseCache::Stored* ResponseCache::find(const std::string& key,
                                           const wire::RequestHead& request) {
  const auto [begin, end] = places_.equal_range(key);
  for (auto each = begin; each != end; ++each) {
    if (!core::fits_request(each->second->response, request)) continue;
    used_.splice(used_.begin(), used_, each->second);
    return &*each->second;
  }
  return nullptr;
}

void ResponseCache::put(Stored stored, const wire::RequestHead& request) {
  if (Stored* const old = find(stored.key, request)) {
    const auto [begin, end] = places_.equal_range(stored.key);
    const auto place =
        std::find_if(begin, end, [&](const auto& each) { return &*each.second == old; });
    erase(place->second);
  }
  insert(std::move(stored));
}

void ResponseCache::insert(Stored stored) {
  const std::size_t size = size_of(stored);
  if (size > octets_max_ / 8) return;
  while (octets_ + size > octets_max_ && !used_.empty()) erase(std::prev(used_.end()));
  while (places_.count(stored.key) >= variants_max) {
    // The one of them that was used longest ago.
    const auto oldest = std::find_if(used_.rbegin(), used_.rend(),
                                     [&](const Stored& each) { return each.key == stored.key; });
    erase(std::prev(oldest.base()));
  }
  octets_ += size;
  if (notes_changes_) changes_.insert_or_assign(record_key_of(stored), stored);
  const std::string key = stored.key;
  used_.push_front(std::move(stored));
  places_.emplace(key, used_.begin());
}

void ResponseCache::remove(const std::string& key) {
  while (true) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    erase(found->second);
  }
}

std::string ResponseCache::record_key_of(const Stored& stored) {
  return stored.key + "\n" + stored.response.request_fields.lines();
}

void ResponseCache::adopt(Stored stored) {
  const bool noted = std::exchange(notes_changes_, false);
  drop(record_key_of(stored));
  insert(std::move(stored));
  notes_changes_ = noted;
}

void ResponseCache::drop(const std::string& record_key) {
  const bool noted = std::exchange(notes_changes_, false);
  const std::string key = record_key.substr(0, record_key.find('\n'));
  const auto [begin, end] = places_.equal_range(key);
  const auto found = std::find_if(
      begin, end, [&](const auto& each) { return record_key_of(*each.second) == record_key; });
  if (found != end) erase(found->second);
  notes_changes_ = noted;
}

void ResponseCache::clear() {
  while (!used_.empty()) erase(used_.begin());
  places_.clear();
  used_.clear();
  octets_ = 0;
}

void ResponseCache::erase(Place place) {
  if (notes_changes_) changes_.insert_or_assign(record_key_of(*place), std::nullopt);
  octets_ -= size_of(*place);
  const auto [begin, end] = places_.equal_range(place->key);
  places_.erase(std::find_if(begin, end, [&](const auto& each) { return each.second == place; }));
  used_.erase(place);
}

std::size_t ResponseCache::size_of(const Stored& stored) {
  return stored.key.size() + stored.response.head.fields.lines().size() +
         stored.response.request_fields.lines().size() + stored.body.size() + 512;
}

}  // namespace bowline::session
