#include "core/path/path_evaluation.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace bowline::core {

namespace {

/// One evaluation at work.
class Evaluator {
 public:
  Evaluator(const NetworkView& network, const PathRequirements& requirements,
            const PathTarget& target);
  [[nodiscard]] PathEvaluation run();
  [[nodiscard]] PathEvaluation run_for_groups();

 private:
  void consider_candidates();
  void consider(const PathLink& link);
  void refuse(PathProblem problem, const PathLink* link);
  void judge_kind(const PathLink& link);
  [[nodiscard]] bool can_carry(const PathLink& link, Family family) const;
  [[nodiscard]] bool has_source(const PathLink& link, Family family) const;
  [[nodiscard]] bool counts(Family family) const {
    return (!wanted_.only || *wanted_.only == family) &&
           (!wanted_.source || wanted_.source->is_unspecified() ||
            wanted_.source->family() == family) &&
           (!target_.address || target_.address->family() == family);
  }
  [[nodiscard]] bool names_source() const {
    return wanted_.source && !wanted_.source->is_unspecified();
  }
  [[nodiscard]] const PathRoute* route_over(const PathLink& link) const;
  [[nodiscard]] std::uint64_t rank_of(std::uint32_t index) const;

  const NetworkView& network_;
  const PathRequirements& wanted_;
  const PathTarget& target_;
  std::vector<const PathRoute*> routes_;  // towards the address
  const PathLink* own_ = nullptr;         // the address is this host's
  PathEvaluation result_;
  bool for_groups_ = false;
  bool refused_ = false;  // the link that is considered now
};

bool is_beyond_host(const IpAddress& address) {
  return !address.is_loopback() && !address.is_link_local();
}

template <class List, class Value>
bool has(const List& list, const Value& value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

PathEvaluation evaluate_path(const NetworkView& network, const PathRequirements& requirements,
                             const PathTarget& target) {
  return Evaluator(network, requirements, target).run();
}

PathEvaluation evaluate_group_links(const NetworkView& network,
                                    const PathRequirements& requirements, Family family) {
  PathRequirements wanted = requirements;
  wanted.only = family;
  return Evaluator(network, wanted, {}).run_for_groups();
}

namespace {

Evaluator::Evaluator(const NetworkView& network, const PathRequirements& requirements,
                     const PathTarget& target)
    : network_(network), wanted_(requirements), target_(target) {
  if (!target_.address) return;
  const bool loops = target_.address->is_loopback() || target_.address->is_unspecified() ||
                     network_.owner_of(*target_.address) != nullptr;
  if (loops) {
    const auto& links = network_.links();
    const auto found = std::ranges::find(links, InterfaceType::loopback, &PathLink::type);
    if (found != links.end()) own_ = &*found;
  } else {
    routes_ = network_.routes_to(*target_.address);
  }
}

PathEvaluation Evaluator::run() {
  consider_candidates();
  std::ranges::stable_sort(result_.links, {},
                           [this](std::uint32_t index) { return rank_of(index); });
  if (!result_.links.empty()) result_.obstacles.clear();
  if (target_.lacks_resolver) refuse(PathProblem::no_resolver, nullptr);
  return std::move(result_);
}

PathEvaluation Evaluator::run_for_groups() {
  for_groups_ = true;
  consider_candidates();
  if (!result_.links.empty()) result_.obstacles.clear();
  return std::move(result_);
}

void Evaluator::consider_candidates() {
  if (own_ != nullptr) return consider(*own_);
  if (!wanted_.interface.empty()) {
    if (const PathLink* const link = network_.find(wanted_.interface)) return consider(*link);
    result_.obstacles.push_back({PathProblem::interface_missing, 0, wanted_.interface});
    return;
  }
  bool any = false;
  for (const PathLink& link : network_.links()) {
    if (link.type == InterfaceType::loopback) continue;
    any = true;
    consider(link);
  }
  if (!any) refuse(PathProblem::no_interface, nullptr);
}

void Evaluator::consider(const PathLink& link) {
  refused_ = false;
  judge_kind(link);
  if (!link.up) {
    refuse(PathProblem::interface_down, &link);
  } else if (!link.running) {
    refuse(PathProblem::no_carrier, &link);
  }
  const bool v4 = counts(Family::ipv4) && can_carry(link, Family::ipv4);
  const bool v6 = counts(Family::ipv6) && can_carry(link, Family::ipv6);
  const bool has_address = (counts(Family::ipv4) && has_source(link, Family::ipv4)) ||
                           (counts(Family::ipv6) && has_source(link, Family::ipv6));
  if (!has_address) {
    refuse(names_source() ? PathProblem::source_missing : PathProblem::no_address, &link);
  } else if (!v4 && !v6) {
    refuse(PathProblem::no_route, &link);
  }
  const PathRoute* const route = target_.address ? route_over(link) : nullptr;
  if (wanted_.local_only && route != nullptr && route->has_gateway)
    refuse(PathProblem::not_local, &link);
  if (refused_) return;
  result_.links.push_back(link.index);
  result_.ipv4 = result_.ipv4 || v4;
  result_.ipv6 = result_.ipv6 || v6;
}

/// What the requirements say of the link itself.
void Evaluator::judge_kind(const PathLink& link) {
  if (has(wanted_.prohibited_interfaces, link.name))
    refuse(PathProblem::interface_prohibited, &link);
  if (wanted_.type && *wanted_.type != link.type) refuse(PathProblem::type_required, &link);
  if (has(wanted_.prohibited_types, link.type)) refuse(PathProblem::type_prohibited, &link);
  if (wanted_.prohibit_expensive && link.expensive)
    refuse(PathProblem::expensive_prohibited, &link);
  if (wanted_.prohibit_constrained && link.constrained)
    refuse(PathProblem::constrained_prohibited, &link);
  if (!wanted_.allow_ultra_constrained && link.ultra_constrained)
    refuse(PathProblem::ultra_constrained_not_allowed, &link);
}

void Evaluator::refuse(PathProblem problem, const PathLink* link) {
  refused_ = true;
  if (result_.obstacles.size() >= PathEvaluation::obstacles_max) return;
  if (link == nullptr) {
    result_.obstacles.push_back({problem, 0, {}});
  } else {
    result_.obstacles.push_back({problem, link->index, link->name});
  }
}

bool Evaluator::can_carry(const PathLink& link, Family family) const {
  if (!has_source(link, family)) return false;
  if (own_ != nullptr || for_groups_) return true;
  return target_.address ? route_over(link) != nullptr : network_.has_route(link.index, family);
}

/// To a link-local address a link-local one does.
bool Evaluator::has_source(const PathLink& link, Family family) const {
  const bool near =
      own_ != nullptr || for_groups_ || (target_.address && target_.address->is_link_local());
  return std::ranges::any_of(link.addresses, [&](const IpAddress& address) {
    if (own_ == nullptr && names_source())
      return address.with_scope(0) == wanted_.source->with_scope(0);
    return address.family() == family && (near || is_beyond_host(address));
  });
}

const PathRoute* Evaluator::route_over(const PathLink& link) const {
  const std::uint32_t scope = target_.address->scope_id();
  if (scope != 0 && scope != link.index) return nullptr;
  const auto found = std::ranges::find(routes_, link.index, &PathRoute::interface_index);
  return found != routes_.end() ? *found : nullptr;
}

/// Lower is better.
std::uint64_t Evaluator::rank_of(std::uint32_t index) const {
  if (target_.address) {
    const auto found = std::ranges::find(routes_, index, &PathRoute::interface_index);
    return static_cast<std::uint64_t>(found - routes_.begin());
  }
  constexpr std::uint64_t none = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t best = none + 1;
  for (const Family family : {Family::ipv4, Family::ipv6})
    if (counts(family))
      best = std::min<std::uint64_t>(best, network_.default_metric(index, family).value_or(none));
  return best;
}

}  // namespace

}  // namespace bowline::core
