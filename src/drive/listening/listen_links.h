#pragma once

#include <bowline/parameters.h>

#include <cstdint>
#include <vector>

#include "core/path/path_evaluation.h"
#include "drive/loop/loop.h"
#include "drive/paths/path_service.h"

namespace bowline::drive {

/// The interfaces on which a listener may be reached that is choosy about them; it follows them as they come
/// and go.
class ListenLinks final : private PathObserver {
 public:
  class Owner {
   public:
    /// Other interfaces do now. No user code may run in here.
    virtual void handle_links_changed() = 0;

   protected:
    ~Owner() = default;
  };

  /// The parameters say more than one interface's name, or nothing.
  [[nodiscard]] static bool are_chosen_by(const Parameters& parameters);
  ListenLinks(Loop& loop, const Parameters& parameters, Owner& owner);

  /// By index; the loopback interface is among them if its kind does.
  [[nodiscard]] const std::vector<std::uint32_t>& allowed() const { return allowed_; }
  [[nodiscard]] bool allows(std::uint32_t index) const;
  /// With local_only, whether no router lies between.
  [[nodiscard]] bool allows_peer(const IpAddress& peer);

 private:
  void handle_paths_changed() override;
  [[nodiscard]] std::vector<std::uint32_t> find() const;

  PathService& paths_;
  const core::PathRequirements requirements_;
  Owner& owner_;
  std::vector<std::uint32_t> allowed_;
};

}  // namespace bowline::drive
