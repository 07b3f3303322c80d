#include "drive/paths/path_monitor.h"

#include <string>

#include <bowline/detail/facts.h>

namespace bowline::drive {

NextPathRequest::NextPathRequest(detail::RequestQueue& loop, PathMonitor& monitor)
    : Request(loop), monitor_(&monitor) {}
void NextPathRequest::begin() { monitor_->start_next(*this); }
void NextPathRequest::withdraw() noexcept { monitor_->waiting_.remove(*this); }
detail::TakenList* NextPathRequest::source() noexcept {
  return has_value() ? &monitor_->taken_ : nullptr;
}

/// Whoever asks next gets the newest, which is this one or a later one.
void NextPathRequest::give_back(Result<Path>&& path, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) monitor_->waiting_.push_front(*this);
  if (path.has_value()) monitor_->untaken_ = true;
  if (how == detail::Undone::abandoned) monitor_->settle();
}

PathMonitor::PathMonitor(Loop& loop, core::PathRequirements requirements,
                         std::optional<Endpoint> endpoint)
    : loop_(&loop),
      paths_(loop.service<PathService>()),
      requirements_(std::move(requirements)),
      endpoint_(std::move(endpoint)),
      number_(loop.next_connection_number()) {
  newest_ = paths_.path_towards(endpoint_, requirements_);
  paths_.add_observer(*this);
  loop.add_resident(*this);
}

void PathMonitor::close() {
  if (closed_) return;
  const detail::Ref<PathMonitor> keep(this);
  closed_ = true;
  PathObserver::unlink();
  Resident::unlink();
  loop_->timers().set(timer_, std::nullopt);
  if (handler_) loop_->end_work();
  handler_.clear();
  while (!waiting_.empty())
    waiting_.pop().finish(Error(ErrorKind::closed, "next path", "the monitor was closed"));
}

void PathMonitor::set_handler(Handler::Function handler) {
  if (closed_) return;
  const bool had = static_cast<bool>(handler_);
  const bool has = static_cast<bool>(handler);
  handler_.set(std::move(handler));
  if (closed_) return handler_.clear();  // by the destructor of what was replaced
  if (has && !had) loop_->begin_work();
  if (had && !has) loop_->end_work();
  if (has) untold_ = true;
  settle();
}

void PathMonitor::start_next(NextPathRequest& request) {
  if (closed_)
    return request.finish(Error(ErrorKind::closed, "next path", "the monitor was closed"));
  if (!waiting_.empty())
    return request.finish(
        Error(ErrorKind::invalid_argument, "next path", "another one is still running"));
  waiting_.push(request);
  settle();
}

void PathMonitor::handle_paths_changed() {
  Path path = paths_.path_towards(endpoint_, requirements_);
  if (path == newest_) return;
  newest_ = std::move(path);
  untaken_ = untold_ = true;
  settle();
}

void PathMonitor::settle() {
  if (untaken_ && !waiting_.empty()) {
    untaken_ = false;
    waiting_.pop().finish(Path(newest_));
  }
  if (untold_ && handler_) loop_->timers().set(timer_, loop_->now());
}

void PathMonitor::tell() {
  const detail::Ref<PathMonitor> keep(this);
  if (!untold_ || !handler_) return;
  untold_ = false;
  const Path path = newest_;
  handler_.call(path);
}

std::optional<ResidentSnapshot> PathMonitor::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "P" + std::to_string(number_);
  facts.kind = ResidentKind::path_monitor;
  facts.state = newest_.is_satisfied() ? "satisfied" : "unsatisfied";
  facts.endpoint = endpoint_ ? to_string(*endpoint_) : "*";
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

}  // namespace bowline::drive
