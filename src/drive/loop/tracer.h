#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <bowline/trace.h>

#include "core/trace/event.h"

namespace bowline::drive {

/// Where trace events of one loop go. Costs one test of a flag when nobody listens.
class Tracer {
 public:
  using Sink = std::function<void(const TraceEvent&)>;

  void set_sink(Sink sink) {
    sink_ = std::move(sink);
    on_ = static_cast<bool>(sink_);
  }
  /// Machines keep its address: a sink may come while they run.
  [[nodiscard]] const bool& is_on() const { return on_; }

  void emit(Instant at, std::string_view id, const core::TraceNote& note) const {
    if (!sink_) return;
    sink_(TraceEvent{at, id, core::to_string(note.kind), note.detail,
                     note.error ? &*note.error : nullptr});
  }

 private:
  Sink sink_;
  bool on_ = false;
};

}  // namespace bowline::drive
