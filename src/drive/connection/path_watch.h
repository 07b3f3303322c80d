#pragma once

#include <bowline/path.h>

#include <optional>

#include <bowline/detail/ref.h>

#include "drive/loop/held_function.h"
#include "drive/loop/loop.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

class Connection;

/// Watches the way of one connection that is ready, for those of its owner's handlers that want to know. What
/// changes several times before the handlers are called is told once, as it is by then.
class PathWatch final : public detail::RefCounted<PathWatch>, private PathObserver {
 public:
  explicit PathWatch(Connection& connection);

  void set_viability_handler(HeldFunction<void(bool)>::Function handler) {
    on_viability_.set(std::move(handler));
  }
  void set_better_handler(HeldFunction<void(bool)>::Function handler) {
    on_better_.set(std::move(handler));
  }
  void set_path_handler(HeldFunction<void(const Path&)>::Function handler) {
    on_path_.set(std::move(handler));
  }
  /// The connection is ready: what is now is what later changes are compared with.
  void begin();
  /// Nothing is told any more. The handlers go with the watch.
  void end();

 private:
  /// What the handlers were told, or what they shall be.
  struct View {
    bool viable = true;
    bool better = false;
    Path path = {};
  };
  friend RefCounted;
  ~PathWatch() = default;
  void handle_paths_changed() override;
  [[nodiscard]] View look() const;
  void tell();

  Connection* connection_;  // null once it has ended
  detail::Ref<Loop> loop_;
  PathService& paths_;
  std::optional<View> told_;  // none before it is ready
  View newest_;
  MemberTimer<PathWatch, &PathWatch::tell> timer_{*this};
  HeldFunction<void(bool)> on_viability_;
  HeldFunction<void(bool)> on_better_;
  HeldFunction<void(const Path&)> on_path_;
};

/// What a connection's way is like now.
struct ConnectionPath {
  std::uint32_t link_index = 0;  ///< that it uses; 0: its address is gone
  bool viable = false;
  bool better = false;  ///< another link would be preferred for it now
};

/// `requirements`: what it was made with; null for one that came to us, for which nothing is better.
[[nodiscard]] ConnectionPath judge_path(PathService& paths, const SocketAddress& local,
                                        const SocketAddress& remote,
                                        const core::PathRequirements* requirements);

}  // namespace bowline::drive
