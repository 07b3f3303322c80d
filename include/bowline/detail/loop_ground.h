#pragma once

#include <bowline/connection.h>
#include <bowline/detail/ref.h>
#include <bowline/detail/request_queue.h>
#include <bowline/export.h>
#include <bowline/operation.h>
#include <bowline/resolver.h>
#include <bowline/time.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::drive {
class Loop;
}
namespace bowline::ports {
class RecordStore;
}

namespace bowline {
namespace BOWLINE_API detail {

/// What things above connections need of their loop, and keep however its owner moves it about. For the
/// library's own.
///
/// thread    the loop's
/// lifetime  may outlive the loop; then only is_gone() may be asked, and operations that are started are
///           dropped
class LoopGround {
 public:
  explicit LoopGround(Loop& loop);
  LoopGround(const LoopGround& other);
  LoopGround& operator=(LoopGround other) noexcept;
  ~LoopGround();

  [[nodiscard]] bool is_gone() const;
  [[nodiscard]] RequestQueue& queue() const;
  [[nodiscard]] Instant now() const;
  /// Goes on during a turn: for measuring.
  [[nodiscard]] Instant precise_now() const;
  [[nodiscard]] Operation<void> sleep(Duration duration) const;
  /// The date: for cookies, caches and the like; it may jump.
  [[nodiscard]] std::chrono::sys_seconds wall_time() const;
  /// Bytes that nobody can guess, but in the simulator.
  void fill_random(std::span<std::byte> bytes) const;
  /// A variable of the environment; empty if it is not set.
  [[nodiscard]] std::string variable(const char* name) const;
  /// See bowline::resolve; the search list is not used.
  [[nodiscard]] Result<Lookup> resolve(std::string_view name,
                                       const std::vector<std::string>& types) const;
  /// See ports::RecordStores::open.
  [[nodiscard]] Result<std::shared_ptr<ports::RecordStore>> open_records(
      const std::string& path) const;
  [[nodiscard]] StreamConnection connect(std::shared_ptr<const drive::StackPlan> plan,
                                         Endpoint&& endpoint, Parameters&& parameters) const;

 private:
  drive::Loop* loop_;  // counted
};

}  // namespace BOWLINE_API detail
}  // namespace bowline
