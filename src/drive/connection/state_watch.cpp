#include "drive/connection/state_watch.h"

#include <utility>

namespace bowline::drive {

void StateWatch::set_handler(Handler handler) {
  untold_.reserve(untold_.size() + 1);
  // The old one goes last: its destruction may run code of the user's.
  auto next = handler ? std::make_unique<Handler>(std::move(handler)) : nullptr;
  has_handler_ = next != nullptr;
  const std::unique_ptr<Handler> old = std::exchange(handler_, std::move(next));
}

void StateWatch::note(ConnectionState state, const Error* error) {
  if (!has_handler_) return;
  if (state != ConnectionState::cancelled) untold_.reserve(untold_.size() + 2);
  untold_.push_back({state, error == nullptr ? std::optional<Error>() : *error});
}

void StateWatch::tell() {
  if (untold_.empty()) return;
  const Change change = std::move(untold_.front());
  untold_.erase(untold_.begin());
  if (!handler_) return;
  struct Run {
    StateWatch& watch;
    std::unique_ptr<Handler> handler;
    bool is_last;
    ~Run() {
      // It goes back to its place, unless it has set another one or was forgotten.
      if (!is_last && watch.has_handler_ && !watch.handler_) watch.handler_ = std::move(handler);
    }
  } const run{*this, std::move(handler_), change.state == ConnectionState::cancelled};
  if (run.is_last) has_handler_ = false;
  (*run.handler)(change.state, change.error ? &*change.error : nullptr);
}

std::unique_ptr<StateWatch::Handler> StateWatch::forget() {
  has_handler_ = false;
  untold_.clear();
  return std::move(handler_);
}

}  // namespace bowline::drive
