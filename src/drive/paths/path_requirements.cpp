#include "drive/paths/path_requirements.h"

#include <string>

#include <bowline/detail/facts.h>

namespace bowline::drive {

core::PathRequirements requirements_of(const Parameters& parameters) {
  core::PathRequirements wanted;
  wanted.interface = parameters.interface();
  wanted.type = parameters.required_type();
  wanted.prohibited_interfaces = parameters.prohibited_interfaces();
  wanted.prohibited_types = parameters.prohibited_types();
  wanted.prohibit_expensive = parameters.prohibit_expensive();
  wanted.prohibit_constrained = parameters.prohibit_constrained();
  wanted.allow_ultra_constrained = parameters.allow_ultra_constrained();
  wanted.local_only = parameters.local_only();
  wanted.only = parameters.only();
  wanted.source = parameters.source();
  return wanted;
}

ports::PacketMarks marks_of(ServiceClass service_class) {
  switch (service_class) {
    case ServiceClass::best_effort: return {0, 0};
    case ServiceClass::background: return {8, 1};
    case ServiceClass::video: return {34, 4};
    case ServiceClass::voice: return {46, 6};
    case ServiceClass::responsive: return {18, 3};
    case ServiceClass::signaling: return {40, 5};
  }
  return {};
}

Error unsatisfied(const core::PathEvaluation& path) {
  std::string why;
  for (const core::PathObstacle& obstacle : path.obstacles)
    why += (why.empty() ? "" : "; ") + to_string(to_reason(obstacle));
  return {ErrorKind::unreachable, ErrorDomain::policy, 0, "path", std::move(why)};
}

UnsatisfiedReason to_reason(const core::PathObstacle& obstacle) {
  return UnsatisfiedReason(UnsatisfiedReason::Facts{obstacle.problem, obstacle.link_name});
}

}  // namespace bowline::drive
