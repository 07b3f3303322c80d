#include <bowline/detail/loop_ground.h>

#include <utility>

#include "drive/loop/loop.h"
#include "drive/stream/stream_connection.h"

namespace bowline::detail {

LoopGround::LoopGround(Loop& loop) : loop_(&loop.core()) { loop_->add_ref(); }
LoopGround::LoopGround(const LoopGround& other) : loop_(other.loop_) { loop_->add_ref(); }
LoopGround& LoopGround::operator=(LoopGround other) noexcept {
  std::swap(loop_, other.loop_);
  return *this;
}
LoopGround::~LoopGround() { loop_->drop_ref(); }

bool LoopGround::is_gone() const { return loop_->is_closed(); }
RequestQueue& LoopGround::queue() const { return *loop_; }
Instant LoopGround::now() const { return loop_->now(); }
Instant LoopGround::precise_now() const { return loop_->precise_now(); }
Operation<void> LoopGround::sleep(Duration duration) const {
  return Operation<void>(loop_->make_sleep(duration));
}
std::chrono::sys_seconds LoopGround::wall_time() const {
  return std::chrono::floor<std::chrono::seconds>(loop_->host().wall_clock().now());
}
void LoopGround::fill_random(std::span<std::byte> bytes) const {
  loop_->host().random().fill(bytes);
}
std::string LoopGround::variable(const char* name) const {
  return loop_->host().files().variable(name);
}

StreamConnection LoopGround::connect(std::shared_ptr<const drive::StackPlan> plan,
                                     Endpoint&& endpoint, Parameters&& parameters) const {
  return StreamConnection(*drive::make_connection<drive::StreamConnection>(
      *loop_,
      drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)}));
}

}  // namespace bowline::detail
