#pragma once

#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/path.h>

#include <functional>

namespace bowline::drive {
class PathMonitor;
}

namespace BOWLINE_API bowline {

/// A stream of paths: what the host's network offers now, and then each time that this is something else.
/// It is for telling people, and for adapting; before connecting there is no need to ask it, as a connection
/// waits by itself, and tells why.
///
/// An update comes within 100 ms of the kernel's announcement. Of several changes that nobody has taken in
/// between, only the last state is told.
///
/// thread    its loop's. Dropping it ends it.
class PathMonitor {
 public:
  /// The path of the system: anywhere beyond this host, as `parameters` ask for it. Of these count the
  /// interface, its type, what is prohibited or allowed, the source, and the family.
  explicit PathMonitor(Loop& loop, const Parameters& parameters = {});
  PathMonitor(PathMonitor&& other) noexcept;
  PathMonitor& operator=(PathMonitor&& other) noexcept;
  ~PathMonitor();

  /// The path towards one endpoint. Of a name its addresses do not count, as they are not looked up.
  ///
  /// errors    invalid_argument for an endpoint that is none
  [[nodiscard]] static Result<PathMonitor> towards(Loop& loop, Endpoint endpoint,
                                                   const Parameters& parameters = {});

  /// The newest path.
  [[nodiscard]] Path current() const;
  /// The next path that this did not give yet; the first one at once. One at a time.
  ///
  /// errors    closed; invalid_argument if another one is running
  [[nodiscard]] Operation<Path> next();
  /// Called with the newest path, soon, and then with each new one, as long as it is set; an empty one ends
  /// that. It is called in place and may replace itself or drop the monitor. Keeps Loop::run going.
  void on_update(std::move_only_function<void(const Path&)> handler);
  /// Ends it: a pending next() ends with `closed`, and the handler is dropped.
  void close();

 private:
  explicit PathMonitor(drive::PathMonitor& core);
  drive::PathMonitor* core_ = nullptr;
};

}  // namespace BOWLINE_API bowline
