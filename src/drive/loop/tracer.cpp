#include "drive/loop/tracer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/flag_scope.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

Tracer::SinkNumber Tracer::add(Sink sink, Until until) {
  const SinkNumber number = sink_count_ + 1;
  sinks_.push_back(std::make_shared<Entry>(number, until, std::move(sink)));
  sink_count_ = number;
  on_ = true;
  return number;
}

void Tracer::remove(SinkNumber number) noexcept {
  const auto found = std::ranges::find(
      sinks_, number, [](const std::shared_ptr<Entry>& sink) { return sink->number; });
  if (found == sinks_.end()) return;
  // What the sink holds is destroyed last: it may remove another one.
  const std::shared_ptr<Entry> keep = std::move(*found);
  sinks_.erase(found);
  on_ = !sinks_.empty();
}

void Tracer::emit(Instant at, std::string id, core::TraceNote note) noexcept {
  if (!on_) return;
  try {
    if (dropped_ > 0 && events_.size() < events_max) note_dropped();
    if (events_.size() < events_max) {
      events_.push_back({at, std::move(id), std::move(note), 0, sink_count_});
      return loop_.expect_turn();
    }
  } catch (const std::bad_alloc&) {
    // It is counted as dropped.
  }
  ++dropped_;
  dropped_at_ = at;
}

void Tracer::note_dropped() {
  core::TraceNote note{core::TraceKind::events_dropped, std::to_string(dropped_), {}};
  events_.push_back({dropped_at_, "T", std::move(note), 0, sink_count_});
  dropped_ = 0;
}

void Tracer::deliver() {
  if (delivering_) return;
  const FlagScope delivering(delivering_);
  if (events_.empty() && dropped_ > 0) note_dropped();
  for (std::size_t left = events_.size(); left > 0; --left) deliver_first();
}

void Tracer::deliver_first() {
  Event& event = events_.front();  // stays where it is while others are added
  while (const std::shared_ptr<Entry> sink = next_sink(event)) {
    event.heard_by = sink->number;
    sink->call(TraceEvent{event.at, event.id, core::to_string(event.note.kind), event.note.detail,
                          event.note.error ? &*event.note.error : nullptr});
  }
  events_.pop_front();
}

std::shared_ptr<Tracer::Entry> Tracer::next_sink(const Event& event) const {
  const auto next = std::ranges::upper_bound(
      sinks_, event.heard_by, {}, [](const std::shared_ptr<Entry>& sink) { return sink->number; });
  if (next == sinks_.end() || (*next)->number > event.last) return nullptr;
  return *next;
}

void Tracer::drop_user_sinks() noexcept {
  while (true) {
    const auto found = std::ranges::find(
        sinks_, Until::loop_ends, [](const std::shared_ptr<Entry>& sink) { return sink->until; });
    if (found == sinks_.end()) return;
    remove((*found)->number);
  }
}

}  // namespace bowline::drive
