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

ConnectionPath judge_path(PathService& paths, const SocketAddress& local,
                          const SocketAddress& remote, const core::PathRequirements* requirements) {
  const core::NetworkView& network = paths.network();
  const IpAddress source = local.ip.unmapped();
  const IpAddress destination = remote.ip.unmapped();
  const core::PathLink* const link = network.owner_of(source);
  if (link == nullptr) return {};
  const bool loops = destination.is_loopback() || network.owner_of(destination) != nullptr;
  if (loops) return {link->index, true, false};
  const auto routes = network.routes_to(destination);
  const auto over = [](const core::PathLink& one) {
    return [index = one.index](const core::PathRoute* r) { return r->interface_index == index; };
  };
  ConnectionPath judged{link->index, false, false};
  judged.viable = link->up && link->running && std::ranges::any_of(routes, over(*link));
  if (requirements == nullptr) return judged;
  core::PathRequirements wanted = *requirements;
  wanted.source.reset();  // another interface has another address
  if (!requirements->interface.empty() ||
      (requirements->source && !requirements->source->is_unspecified()))
    return judged;
  const core::PathEvaluation best = core::evaluate_path(network, wanted, {destination});
  judged.better = !best.links.empty() && best.links.front() != link->index;
  return judged;
}

}  // namespace bowline::drive
