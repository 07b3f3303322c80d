#pragma once

#include <bowline/endpoint.h>
#include <bowline/path.h>

#include <optional>
#include <utility>

#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>

#include "core/path/path_evaluation.h"
#include "drive/loop/held_function.h"
#include "drive/loop/loop.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

class PathMonitor;

/// Waits for a path that its monitor has not given yet.
class NextPathRequest final : public detail::Request<Path> {
 public:
  NextPathRequest(detail::RequestQueue& loop, PathMonitor& monitor);

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<Path>&& path, detail::Undone how) noexcept override;
  detail::Ref<PathMonitor> monitor_;
};

/// Makes a path whenever the network has changed, and tells of it if it is another one than before. What
/// nobody has taken yet is replaced by what is newer, so that nothing grows.
///
/// lifetime  until close()
class PathMonitor final : public detail::RefCounted<PathMonitor>,
                          public Resident,
                          private PathObserver {
 public:
  using Handler = HeldFunction<void(const Path&)>;

  /// `endpoint`, if there is one, is valid.
  PathMonitor(Loop& loop, core::PathRequirements requirements, std::optional<Endpoint> endpoint);

  [[nodiscard]] const Path& current() const { return newest_; }
  void set_handler(Handler::Function handler);
  void start_next(NextPathRequest& request);
  void close();
  [[nodiscard]] Loop& loop() { return *loop_; }

 private:
  friend RefCounted;
  friend class NextPathRequest;
  ~PathMonitor() = default;
  void handle_paths_changed() override;
  void handle_loop_gone() override { close(); }
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;
  void settle();
  void tell();

  detail::Ref<Loop> loop_;
  PathService& paths_;
  const core::PathRequirements requirements_;
  const std::optional<Endpoint> endpoint_;
  Path newest_;
  bool untaken_ = true;  // by next()
  bool untold_ = true;   // to the handler
  bool closed_ = false;
  std::uint64_t number_;
  Handler handler_;
  detail::TakenList taken_;
  detail::RequestList<NextPathRequest> waiting_;  // one, unless several were taken back
  MemberTimer<PathMonitor, &PathMonitor::tell> timer_{*this};
};

}  // namespace bowline::drive
