#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <bowline/trace.h>

#include "core/trace/event.h"

namespace bowline::drive {

class Loop;

/// Takes the trace events of one loop, and hands them to the sinks at points of the turn where user code may
/// do anything: cancel what an event is about, remove or add sinks, throw.
///
/// An event goes to the sinks that were there when it happened, in the order in which they were added. Costs
/// one test of a flag when nobody listens.
class Tracer {
 public:
  using Sink = std::move_only_function<void(const TraceEvent&)>;
  using SinkNumber = std::uint64_t;
  /// A sink of the library's own may hear how the loop ends; a user's hears nothing once that has begun.
  enum class Until : std::uint8_t { loop_ends, loop_is_gone };
  static constexpr std::size_t events_max = 4096;

  explicit Tracer(Loop& loop) : loop_(loop) {}

  SinkNumber add(Sink sink, Until until = Until::loop_ends);
  /// The sink may be running: then it is destroyed once it returns.
  void remove(SinkNumber number) noexcept;

  /// Machines keep its address: a sink may come while they run.
  [[nodiscard]] const bool& is_on() const { return on_; }
  /// Queues an event. Beyond `events_max`, or without memory, it is dropped and counted.
  void emit(Instant at, std::string id, core::TraceNote note) noexcept;

  [[nodiscard]] bool has_events() const { return !events_.empty() || dropped_ > 0; }
  /// Hands over what is queued now; what that leads to waits for the next call. An exception from a sink
  /// comes out of here; that sink has then had the event, and the next call goes on with the next sink.
  void deliver();
  /// The loop goes: user code is not called any more.
  void drop_user_sinks() noexcept;

 private:
  struct Entry {
    SinkNumber number;
    Until until;
    Sink call;
  };
  struct Event {
    Instant at;
    std::string id;
    core::TraceNote note;
    SinkNumber heard_by;  // sinks up to this number have had it
    SinkNumber last;      // that was there when it happened
  };
  void note_dropped();
  void deliver_first();
  [[nodiscard]] std::shared_ptr<Entry> next_sink(const Event& event) const;

  Loop& loop_;
  std::vector<std::shared_ptr<Entry>> sinks_;  // by number; shared with the call that runs
  std::deque<Event> events_;
  SinkNumber sink_count_ = 0;  // that were ever added
  std::uint64_t dropped_ = 0;  // since the last that was queued
  Instant dropped_at_{};
  bool on_ = false;
  bool delivering_ = false;
};

}  // namespace bowline::drive
