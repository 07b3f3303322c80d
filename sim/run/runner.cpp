#include "sim/run/runner.h"

#include <algorithm>

#include "sim/net/match.h"

namespace bowline::sim {

namespace {

/// More than any real exchange takes in one instant.
constexpr std::size_t events_per_instant_max = 10'000'000;
constexpr std::size_t rounds_per_instant_max = 1'000'000;

}  // namespace

void Runner::remove(Entry& entry) {
  std::ranges::replace(entries_, &entry, nullptr);
  if (depth_ == 0) std::erase(entries_, nullptr);
}

bool Runner::run(const std::function<bool()>& condition, std::optional<Instant> until) {
  ++depth_;
  bool holds = false;
  for (;;) {
    settle();
    holds = condition();
    if (holds || (until && world_.now >= *until)) break;
    const auto at = next();
    if (!at && !until) break;
    world_.now = std::max(world_.now, at && (!until || *at < *until) ? *at : *until);
  }
  if (--depth_ == 0) std::erase(entries_, nullptr);
  return holds;
}

void Runner::settle() {
  std::size_t rounds = 0;
  bool moved = true;
  while (moved) {
    moved = run_due_events();
    moved = run_loops() || moved;
    if (++rounds > rounds_per_instant_max)
      die("loops do not come to rest at", format_ms(world_.now.time_since_epoch()));
  }
}

bool Runner::run_due_events() {
  std::size_t count = 0;
  while (world_.events.next() && *world_.events.next() <= world_.now) {
    world_.events.pop()();
    if (++count > events_per_instant_max)
      die("packets circle without delay at", format_ms(world_.now.time_since_epoch()));
  }
  return count > 0;
}

bool Runner::run_loops() {
  bool ran = false;
  // By position: a loop may make and drop others.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry* entry = entries_[i];
    if (entry == nullptr || entry->runnable == nullptr || entry->busy) continue;
    entry->busy = true;
    try {
      ran = entry->runnable->run_ready() || ran;
    } catch (...) {
      if (entries_[i] == entry) entry->busy = false;
      throw;
    }
    if (entries_[i] == entry) entry->busy = false;
  }
  return ran;
}

std::optional<Instant> Runner::next() const {
  std::optional<Instant> earliest = world_.events.next();
  for (const Entry* entry : entries_) {
    if (entry == nullptr || entry->runnable == nullptr || entry->busy) continue;
    const auto deadline = entry->runnable->deadline();
    // One that has passed was due in this instant, and the loop has just been run.
    if (deadline && *deadline > world_.now && (!earliest || *deadline < *earliest))
      earliest = deadline;
  }
  return earliest;
}

}  // namespace bowline::sim
