#include <bowline/path_monitor.h>

#include <utility>

#include "drive/paths/path_monitor.h"
#include "drive/paths/path_requirements.h"

namespace bowline {

PathMonitor::PathMonitor(drive::PathMonitor& core) : core_(&core) { core_->add_ref(); }

PathMonitor::PathMonitor(Loop& loop, const Parameters& parameters)
    : PathMonitor(
          *new drive::PathMonitor(loop.core(), drive::requirements_of(parameters), std::nullopt)) {}

PathMonitor::PathMonitor(PathMonitor&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)) {}

PathMonitor& PathMonitor::operator=(PathMonitor&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

PathMonitor::~PathMonitor() {
  if (core_ == nullptr) return;
  core_->close();
  core_->drop_ref();
}

Result<PathMonitor> PathMonitor::towards(Loop& loop, Endpoint endpoint,
                                         const Parameters& parameters) {
  BOWLINE_TRY_VOID(endpoint.validity());
  return PathMonitor(*new drive::PathMonitor(loop.core(), drive::requirements_of(parameters),
                                             std::move(endpoint)));
}

Path PathMonitor::current() const { return core_->current(); }

Operation<Path> PathMonitor::next() {
  return Operation<Path>(detail::RequestBase::make<drive::NextPathRequest>(core_->loop(), *core_));
}

void PathMonitor::on_update(std::move_only_function<void(const Path&)> handler) {
  core_->set_handler(std::move(handler));
}

void PathMonitor::close() { core_->close(); }

}  // namespace bowline
