#include <bowline/path.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>
#include <tuple>

#include <bowline/detail/facts.h>
#include "base/escape.h"

namespace bowline {

namespace {

constexpr std::size_t reason_name_bytes_max = 64;

std::string_view sentence_of(PathProblem problem);
bool same_interface(const Interface& a, const Interface& b);
bool same_route(const Route& a, const Route& b);
bool same_reason(const UnsatisfiedReason& a, const UnsatisfiedReason& b);

}  // namespace

std::string to_string(PathProblem problem) {
  static constexpr std::array<std::string_view, 15> names{"no_interface",
                                                          "interface_missing",
                                                          "interface_prohibited",
                                                          "type_required",
                                                          "type_prohibited",
                                                          "expensive_prohibited",
                                                          "constrained_prohibited",
                                                          "ultra_constrained_not_allowed",
                                                          "interface_down",
                                                          "no_carrier",
                                                          "no_address",
                                                          "source_missing",
                                                          "no_route",
                                                          "not_local",
                                                          "no_resolver"};
  const auto index = static_cast<std::size_t>(problem);
  return index < names.size() ? std::string(names[index]) : std::string("unknown");
}

std::string to_string(const UnsatisfiedReason& reason) {
  const std::string sentence(sentence_of(reason.problem()));
  if (reason.interface().empty()) return sentence;
  return escape(reason.interface(), reason_name_bytes_max) + ": " + sentence;
}

/// With the first hop's metric.
std::vector<IpAddress> Path::gateways() const {
  std::vector<Route> defaults;
  for (const Route& route : routes())
    if (route.destination().length() == 0 && route.gateway()) defaults.push_back(route);
  std::ranges::stable_sort(defaults, {}, &Route::metric);
  std::vector<IpAddress> gateways;
  for (const Route& route : defaults)
    if (std::ranges::find(gateways, *route.gateway()) == gateways.end())
      gateways.push_back(*route.gateway());
  return gateways;
}

bool Path::uses(InterfaceType type) const {
  return std::ranges::find(interfaces(), type, &Interface::type) != interfaces().end();
}

bool Path::is_expensive() const {
  return !interfaces().empty() && interfaces().front().is_expensive();
}
bool Path::is_constrained() const {
  return !interfaces().empty() && interfaces().front().is_constrained();
}
bool Path::is_ultra_constrained() const {
  return !interfaces().empty() && interfaces().front().is_ultra_constrained();
}

bool Path::equals(const Path& other) const {
  if (facts_ == other.facts_) return true;
  const auto flags = [](const Path& path) {
    return std::tuple(path.is_satisfied(), path.supports_ipv4(), path.supports_ipv6(),
                      path.supports_dns());
  };
  return flags(*this) == flags(other) && dns_servers() == other.dns_servers() &&
         search_domains() == other.search_domains() &&
         std::ranges::equal(unsatisfied_reasons(), other.unsatisfied_reasons(), same_reason) &&
         std::ranges::equal(interfaces(), other.interfaces(), same_interface) &&
         std::ranges::equal(routes(), other.routes(), same_route);
}

namespace {

std::string_view sentence_of(PathProblem problem) {
  switch (problem) {
    case PathProblem::no_interface: return "the host has no interface beyond loopback";
    case PathProblem::interface_missing: return "the required interface is not there";
    case PathProblem::interface_prohibited: return "the interface is prohibited";
    case PathProblem::type_required: return "another type of interface is required";
    case PathProblem::type_prohibited: return "its type of interface is prohibited";
    case PathProblem::expensive_prohibited: return "it is expensive, which is prohibited";
    case PathProblem::constrained_prohibited: return "it is constrained, which is prohibited";
    case PathProblem::ultra_constrained_not_allowed:
      return "it is ultra-constrained, which is not allowed";
    case PathProblem::interface_down: return "it is down";
    case PathProblem::no_carrier: return "it has no carrier";
    case PathProblem::no_address: return "it has no usable address of a family that counts";
    case PathProblem::source_missing: return "it does not have the address to send from";
    case PathProblem::no_route: return "no route leads there";
    case PathProblem::not_local: return "it leads there only through a router";
    case PathProblem::no_resolver: return "no DNS server is configured";
  }
  return "unknown";
}

bool same_address(const InterfaceAddress& a, const InterfaceAddress& b) {
  const auto fields = [](const InterfaceAddress& one) {
    return std::tuple(one.prefix(), one.address(), one.is_deprecated(), one.is_temporary(),
                      one.is_tentative());
  };
  return fields(a) == fields(b);
}

bool same_interface(const Interface& a, const Interface& b) {
  const auto fields = [](const Interface& one) {
    return std::tuple(one.index(), one.type(), one.is_up(), one.is_running(), one.mtu(),
                      one.is_expensive(), one.is_constrained(), one.is_ultra_constrained(),
                      one.nat64_prefix());
  };
  return fields(a) == fields(b) && a.name() == b.name() && a.dns_servers() == b.dns_servers() &&
         a.dns_domains() == b.dns_domains() &&
         std::ranges::equal(a.addresses(), b.addresses(), same_address);
}

bool same_route(const Route& a, const Route& b) {
  const auto fields = [](const Route& one) {
    return std::tuple(one.destination(), one.gateway(), one.interface_index(), one.metric());
  };
  return fields(a) == fields(b);
}

bool same_reason(const UnsatisfiedReason& a, const UnsatisfiedReason& b) {
  return a.problem() == b.problem() && a.interface() == b.interface();
}

}  // namespace

}  // namespace bowline
