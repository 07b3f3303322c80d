#pragma once

#include <bowline/endpoint.h>
#include <bowline/path.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_list.h"
#include "core/path/link_rules.h"
#include "core/path/path_evaluation.h"
#include "drive/loop/loop.h"
#include "drive/loop/service.h"

namespace bowline::drive {

/// Somebody who makes paths of what the service knows, and is told when that may have changed.
class PathObserver : public ListHook<PathObserver> {
 public:
  /// No user code may run in here, and no observer may go.
  virtual void handle_paths_changed() = 0;

 protected:
  ~PathObserver() = default;
};

/// The loop's view of the host's network: what the kernel says, and what the administrator's file and those
/// of systemd say about its links. Laid out anew after each change, when somebody asks.
class PathService final : public Service {
 public:
  explicit PathService(Loop& loop) : loop_(loop) {}

  /// As it is now. Without a change since the last time it costs one look at the host.
  [[nodiscard]] const core::NetworkView& network();
  /// As of the last change that the loop was told of: asked for each connection, it costs nothing.
  [[nodiscard]] bool has_ultra_constrained() {
    refresh_if_told();
    return has_ultra_constrained_;
  }
  /// No router lies between.
  [[nodiscard]] bool is_on_link(const IpAddress& address);
  /// What is known of one link beside the kernel's word; nothing for one that is not there.
  [[nodiscard]] const core::LinkFacts* facts_of(std::uint32_t index);
  /// The link whose network the name belongs to, by the longest domain that some link has; 0 if to none.
  [[nodiscard]] std::uint32_t link_of_name(std::string_view name);

  /// All of the host's network.
  [[nodiscard]] Result<Path> whole_path();
  /// What does for the requirements: anywhere, or towards `endpoint`, which is valid.
  [[nodiscard]] Path path_towards(const std::optional<Endpoint>& endpoint,
                                  const core::PathRequirements& requirements);
  /// The path of something that uses one link.
  [[nodiscard]] Path path_over(std::uint32_t index);

  /// An evaluation as users see it.
  [[nodiscard]] Path path_of(const core::PathEvaluation& evaluation);

  /// From now on changes of the settings are seen when they happen, too.
  void add_observer(PathObserver& observer);
  void handle_network_change(const NetworkChange& change) override;

 private:
  using Snapshot = std::shared_ptr<const ports::NetworkSnapshot>;
  void refresh();
  void refresh_if_told() {
    if (is_stale_) refresh();
  }
  void read_settings(const ports::NetworkSnapshot& snapshot);
  void read_rules();
  [[nodiscard]] core::LinkFacts read_facts(const ports::Interface& interface);
  void lay_out();
  /// The same as facts_of(), without a look at the host.
  [[nodiscard]] const core::LinkFacts* known_facts_of(std::uint32_t index) const;
  /// `interface` is one of the snapshot's, which stays.
  [[nodiscard]] Interface to_public(const ports::Interface& interface) const;
  [[nodiscard]] Path::Facts describe(const core::PathEvaluation& path);
  [[nodiscard]] core::PathTarget target_of(const std::optional<Endpoint>& endpoint);
  void add_resolvers(Path::Facts& path);

  Loop& loop_;
  Snapshot snapshot_;
  std::optional<std::uint64_t> rules_version_;
  core::LinkRules rules_;
  std::vector<core::LinkFacts> facts_;  // as snapshot_->interfaces
  core::NetworkView network_;
  bool is_stale_ = true;  // nobody has looked since the last change that the loop was told of
  bool has_ultra_constrained_ = false;
  bool has_domains_ = false;
  IntrusiveList<PathObserver, PathObserver> observers_;
};

}  // namespace bowline::drive
