#include "drive/connection/path_watch.h"

#include <algorithm>

#include "drive/connection/connection.h"
#include "drive/paths/path_requirements.h"

namespace bowline::drive {

PathWatch::PathWatch(Connection& connection)
    : connection_(&connection),
      loop_(&connection.loop()),
      paths_(connection.loop().service<PathService>()) {
  paths_.add_observer(*this);
  if (connection.state() == ConnectionState::ready) begin();
}

void PathWatch::begin() {
  told_ = look();
  newest_ = *told_;
}

void PathWatch::end() {
  if (timer_.is_armed()) loop_->end_work();
  loop_->timers().set(timer_, std::nullopt);
  PathObserver::unlink();
  connection_ = nullptr;
}

void PathWatch::handle_paths_changed() {
  if (!told_ || connection_->state() != ConnectionState::ready) return;
  newest_ = look();
  if (newest_.viable == told_->viable && newest_.better == told_->better &&
      newest_.path == told_->path)
    return;
  if (!timer_.is_armed()) loop_->begin_work();
  loop_->timers().set(timer_, loop_->now());
}

PathWatch::View PathWatch::look() const {
  const auto local = connection_->local_address();
  const auto remote = connection_->remote_address();
  if (!local || !remote) return {};
  const Parameters* const parameters = connection_->parameters();
  std::optional<core::PathRequirements> requirements;
  if (parameters != nullptr) requirements = requirements_of(*parameters);
  const ConnectionPath now =
      judge_path(paths_, *local, *remote, requirements ? &*requirements : nullptr);
  return {now.viable, now.better, paths_.path_over(now.link_index)};
}

/// Each handler may end the watch, by dropping the connection.
void PathWatch::tell() {
  const detail::Ref<PathWatch> keep(this);
  loop_->end_work();
  const View before = *std::exchange(told_, newest_);
  const View now = newest_;
  if (now.viable != before.viable && on_viability_) on_viability_.call(now.viable);
  if (connection_ != nullptr && now.better != before.better && on_better_)
    on_better_.call(now.better);
  if (connection_ != nullptr && now.path != before.path && on_path_) on_path_.call(now.path);
}

namespace {

/// Another interface than this one would be preferred for such a connection.
bool has_better(const core::NetworkView& network, const core::PathRequirements* requirements,
                const IpAddress& destination, std::uint32_t link_index) {
  if (requirements == nullptr || !requirements->interface.empty()) return false;
  if (requirements->source && !requirements->source->is_unspecified()) return false;
  core::PathRequirements wanted = *requirements;
  wanted.source.reset();
  const core::PathEvaluation best = core::evaluate_path(network, wanted, {destination});
  return !best.links.empty() && best.links.front() != link_index;
}

}  // namespace

ConnectionPath judge_path(PathService& paths, const SocketAddress& local,
                          const SocketAddress& remote, const core::PathRequirements* requirements) {
  const core::NetworkView& network = paths.network();
  const IpAddress destination = remote.ip.unmapped();
  const core::PathLink* const link = network.owner_of(local.ip.unmapped());
  if (link == nullptr) return {0, false, has_better(network, requirements, destination, 0)};
  const bool loops = destination.is_loopback() || network.owner_of(destination) != nullptr;
  if (loops) return {link->index, true, false};
  const bool leads_there = std::ranges::any_of(
      network.routes_to(destination),
      [&](const core::PathRoute* route) { return route->interface_index == link->index; });
  return {link->index, link->up && link->running && leads_there,
          has_better(network, requirements, destination, link->index)};
}

}  // namespace bowline::drive
