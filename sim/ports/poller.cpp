#include "sim/ports/poller.h"

#include <utility>

#include "sim/net/match.h"

namespace bowline::sim {

SimPoller::SimPoller(Host::Body& host) : host_(host) {
  host_.runner().add(entry_);
  host_.ip().add_watcher(*this);
}

SimPoller::~SimPoller() {
  host_.ip().remove_watcher(*this);
  host_.runner().remove(entry_);
}

void SimPoller::wait(std::optional<Instant> until) {
  if (!has_news() && (!until || *until > host_.world().now)) block(until);
  woken_ = false;
  deliver();
}

void SimPoller::block(std::optional<Instant> until) {
  // The loop itself stands still meanwhile, whether it was run by the simulation or by its owner.
  const bool was_busy = std::exchange(entry_.busy, true);
  const bool news = host_.runner().run([this] { return has_news(); }, until);
  entry_.busy = was_busy;
  if (!news && !until) die("a loop waits, and nothing can happen any more, on host", host_.name());
}

void SimPoller::deliver() {
  if (std::exchange(network_changed_, false) && observer_ != nullptr)
    observer_->handle_network_change();
  // What becomes ready from here on is for the next wait.
  IntrusiveList<ReadySource> ready;
  ready.splice_back(ready_);
  try {
    while (!ready.empty()) ready.pop_front().report();
  } catch (...) {
    ready.splice_back(ready_);
    ready_.splice_back(ready);
    throw;
  }
}

}  // namespace bowline::sim
