#include "core/http/pool/http_pool.h"

#include <algorithm>
#include <utility>

namespace bowline::core {

Result<void> HttpPool::want(WishId id, Wish wish, Instant /*now*/) {
  if (wishes_.size() >= options_.wishes_max)
    return Error(ErrorKind::limit_exceeded, "request", "too many requests wait for a connection");
  Group& group = groups_[wish.key];
  const PoolMiss miss = miss_of(wish, group);
  const PoolKey key = wish.key;
  const auto place = std::ranges::upper_bound(group.wishes, wish.urgency, {}, [this](WishId other) {
    return wishes_.at(other).wish.urgency;
  });
  group.wishes.insert(place, id);
  wishes_.emplace(id, Waiting{std::move(wish), ++last_order_, miss});
  look_at(key);
  return {};
}

void HttpPool::withdraw(WishId id, Instant /*now*/) {
  const auto found = wishes_.find(id);
  if (found == wishes_.end()) return;
  const PoolKey key = found->second.wish.key;
  take_out(id);
  // A link that is being opened for nobody is kept: the next request is glad of it.
  drop_if_empty(key);
}

void HttpPool::drain(Instant /*now*/) {
  is_draining_ = true;
  for (auto& [id, link] : links_)
    if (link.is_idle()) end(id, link);
}

void HttpPool::handle_ready(LinkId id, bool multiplexes, Instant now) {
  const auto found = links_.find(id);
  if (found == links_.end() || found->second.phase != Phase::opening) return;
  Link& link = found->second;
  link.phase = Phase::ready;
  link.multiplexes = multiplexes;
  link.idle_since = now;
  groups_[link.key].known_to_multiplex = multiplexes;
  look_at(link.key);
  if (is_draining_ && groups_[link.key].wishes.empty()) end(id, link);
}

void HttpPool::handle_failed(LinkId id, const Error& error, Instant /*now*/) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const PoolKey key = found->second.key;
  forget(id);
  Group& group = groups_[key];
  if (!group.wishes.empty()) {
    const WishId refused = group.wishes.front();
    take_out(refused);
    outputs_.push_back(Refuse{refused, error});
  }
  look_at(key);
}

void HttpPool::handle_state(LinkId id, std::optional<NotReused> why_not, std::size_t stream_count,
                            Instant now) {
  const auto found = links_.find(id);
  if (found == links_.end() || found->second.phase == Phase::opening) return;
  Link& link = found->second;
  const bool was_idle = link.is_idle();
  link.stream_count = stream_count;
  link.is_busy = why_not.has_value();
  if (why_not && !may_pass(*why_not)) {
    if (link.phase != Phase::ending) groups_[link.key].lost = *why_not;
    link.phase = Phase::ending;
    look_at(link.key);
    return;
  }
  if (link.is_idle() && !was_idle) link.idle_since = now;
  if (!link.is_busy) look_at(link.key);
  if (is_draining_ && link.is_idle() && groups_[link.key].wishes.empty()) end(id, link);
}

void HttpPool::handle_closed(LinkId id, Instant /*now*/) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const PoolKey key = found->second.key;
  if (found->second.phase != Phase::ending) groups_[key].lost = NotReused::peer_closed;
  forget(id);
  look_at(key);
  drop_if_empty(key);
}

void HttpPool::handle_timeout(Instant now) {
  for (auto& [id, link] : links_)
    if (link.is_idle() && link.idle_since + options_.idle_timeout <= now) end(id, link);
}

std::optional<Instant> HttpPool::deadline() const {
  std::optional<Instant> earliest;
  for (const auto& [id, link] : links_) {
    if (!link.is_idle()) continue;
    const Instant expires = link.idle_since + options_.idle_timeout;
    if (!earliest || expires < *earliest) earliest = expires;
  }
  return earliest;
}

std::optional<HttpPool::Output> HttpPool::poll(Instant now) {
  while (outputs_.empty() && !to_look_at_.empty()) {
    const PoolKey key = to_look_at_.back();
    if (serve(key, now)) continue;
    // What was done meanwhile may have added others behind it.
    std::erase(to_look_at_, key);
    drop_if_empty(key);
  }
  if (outputs_.empty()) return std::nullopt;
  return outputs_.take_front();
}

std::size_t HttpPool::idle_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(links_, [](const auto& entry) { return entry.second.is_idle(); }));
}

void HttpPool::look_at(const PoolKey& key) {
  if (std::ranges::find(to_look_at_, key) == to_look_at_.end()) to_look_at_.push_back(key);
}

/// One step for the wishes of a key; false if there is nothing to do now.
bool HttpPool::serve(const PoolKey& key, Instant now) {
  const auto found = groups_.find(key);
  if (found == groups_.end() || found->second.wishes.empty()) return false;
  Group& group = found->second;
  for (const WishId id : group.wishes) {
    const Waiting& waiting = wishes_.at(id);
    const auto chosen = link_for(waiting.wish, now);
    if (!chosen) continue;
    Link& link = links_.at(*chosen);
    Give give{id, *chosen, link.is_used ? PoolMiss::none : waiting.miss, std::nullopt};
    if (give.miss == PoolMiss::last_not_reused) give.lost = group.lost;
    link.is_used = true;
    // Until its driver says how it is.
    link.is_busy = true;
    ++link.stream_count;
    take_out(id);
    outputs_.push_back(std::move(give));
    return true;
  }
  return open_for(key, group);
}

/// The one with most requests on it that has room, so that others become idle and go; and of idle ones the
/// youngest.
std::optional<HttpPool::LinkId> HttpPool::link_for(const Wish& wish, Instant now) {
  std::optional<LinkId> chosen;
  std::vector<LinkId> expired;
  for (auto& [id, link] : links_) {
    if (link.key != wish.key || link.phase != Phase::ready || link.is_busy) continue;
    if (wish.is_fresh && link.is_used) continue;
    if (link.is_idle() && link.is_used && link.idle_since + options_.idle_timeout <= now) {
      expired.push_back(id);
      continue;
    }
    if (!chosen) {
      chosen = id;
      continue;
    }
    const Link& best = links_.at(*chosen);
    if (link.stream_count > best.stream_count ||
        (link.stream_count == best.stream_count && link.idle_since > best.idle_since))
      chosen = id;
  }
  for (const LinkId id : expired) end(id, links_.at(id));
  return chosen;
}

bool HttpPool::open_for(const PoolKey& key, Group& group) {
  std::size_t opening = 0;
  std::size_t ready = 0;
  for (const auto& [id, link] : links_) {
    if (link.key != key) continue;
    opening += link.phase == Phase::opening ? 1U : 0U;
    ready += link.phase == Phase::ready ? 1U : 0U;
  }
  const bool may_multiplex = std::ranges::any_of(
      group.wishes, [this](WishId id) { return wishes_.at(id).wish.may_multiplex; });
  // While it is not known what the peer speaks, one connection finds out for all.
  const bool one_by_one = may_multiplex && (ready == 0 || group.known_to_multiplex);
  const std::size_t wanted = one_by_one ? 1 : group.wishes.size();
  if (opening >= wanted || opening + ready >= options_.per_key_max) return false;
  if (links_.size() >= options_.links_max && !make_room()) return false;
  const LinkId id = ++last_link_;
  links_.emplace(id, Link{.key = key});
  ++group.links;
  outputs_.push_back(Open{id, key});
  return true;
}

PoolMiss HttpPool::miss_of(const Wish& wish, const Group& group) const {
  if (wish.is_fresh) return PoolMiss::fresh_wanted;
  if (group.links > 0) return PoolMiss::all_in_use;
  return group.lost ? PoolMiss::last_not_reused : PoolMiss::first;
}

/// The one that has been idle longest goes; its number is free once it is closed, so one more may be open
/// meanwhile.
bool HttpPool::make_room() {
  auto oldest = links_.end();
  for (auto each = links_.begin(); each != links_.end(); ++each) {
    if (!each->second.is_idle()) continue;
    if (oldest == links_.end() || each->second.idle_since < oldest->second.idle_since)
      oldest = each;
  }
  if (oldest == links_.end()) return false;
  end(oldest->first, oldest->second);
  return true;
}

void HttpPool::take_out(WishId id) {
  const auto found = wishes_.find(id);
  std::erase(groups_.at(found->second.wish.key).wishes, id);
  wishes_.erase(found);
}

void HttpPool::end(LinkId id, Link& link) {
  link.phase = Phase::ending;
  outputs_.push_back(Close{id});
}

void HttpPool::forget(LinkId id) {
  const auto found = links_.find(id);
  --groups_.at(found->second.key).links;
  links_.erase(found);
}

/// A group without wishes and links is remembered only for as long as it has something to say.
void HttpPool::drop_if_empty(const PoolKey& key) {
  const auto found = groups_.find(key);
  if (found == groups_.end()) return;
  const Group& group = found->second;
  if (!group.wishes.empty() || group.links > 0) return;
  if (std::ranges::find(to_look_at_, key) != to_look_at_.end()) return;
  const bool is_remembered = group.lost || group.known_to_multiplex;
  if (!is_remembered || groups_.size() > options_.links_max) groups_.erase(found);
}

}  // namespace bowline::core
