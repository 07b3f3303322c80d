#include <bowline/detail/loop_ground.h>

#include <utility>

#include "api/compose_stores.h"
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

Result<Lookup> LoopGround::resolve(std::string_view name,
                                   const std::vector<std::string>& types) const {
  return Lookup::start(*loop_, name, types, LookupOptions().use_search(false));
}

Result<std::shared_ptr<ports::RecordStore>> LoopGround::open_records(
    const std::string& path) const {
  const std::int64_t now = wall_time().time_since_epoch().count();
  if (ports::RecordStores* const own = loop_->host().record_stores()) {
    BOWLINE_TRY(std::unique_ptr<ports::RecordStore> opened, own->open(path, now));
    return std::shared_ptr<ports::RecordStore>(std::move(opened));
  }
  std::uint64_t chance = 0;
  fill_random(std::as_writable_bytes(std::span(&chance, 1)));
  BOWLINE_TRY(std::unique_ptr<ports::RecordStore> opened, open_record_file(path, now, chance));
  return std::shared_ptr<ports::RecordStore>(std::move(opened));
}

StreamConnection LoopGround::connect(std::shared_ptr<const drive::StackPlan> plan,
                                     Endpoint&& endpoint, Parameters&& parameters) const {
  return StreamConnection(*drive::make_connection<drive::StreamConnection>(
      *loop_,
      drive::Connection::Outbound{std::move(plan), std::move(endpoint), std::move(parameters)}));
}

}  // namespace bowline::detail
