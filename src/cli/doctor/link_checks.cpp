#include <algorithm>

#include <bowline/prober.h>

#include "cli/doctor/checks.h"
#include "cli/output/safe_text.h"
#include "cli/probe/probe_target.h"

namespace bowline::cli {

namespace {

bool has_address_beyond_link(const Interface& interface, Family family) {
  return std::ranges::any_of(interface.addresses(), [family](const InterfaceAddress& one) {
    return one.address().family() == family && !one.address().is_link_local() &&
           !one.is_tentative();
  });
}

bool has_default_route(const Path& path, Family family) {
  return std::ranges::any_of(path.routes(), [family](const Route& route) {
    return route.destination().length() == 0 && route.destination().address().family() == family;
  });
}

Finding about(const Interface& interface) {
  const std::string subject = "interface " + safe(interface.name(), 32);
  if (!interface.is_up())
    return {Health::noted, subject, "it is down",
            "if it should be in use: ip link set " + safe(interface.name(), 32) + " up"};
  if (!interface.is_running())
    return {Health::doubtful, subject, "it has no carrier",
            "look at the cable, or join the Wi-Fi network"};
  const bool v4 = has_address_beyond_link(interface, Family::ipv4);
  const bool v6 = has_address_beyond_link(interface, Family::ipv6);
  if (!v4 && !v6)
    return {Health::doubtful, subject, "it has no address but link-local ones",
            "nobody gives out addresses on this link (DHCP, router advertisements), or they are "
            "to be set by hand"};
  std::string evidence = to_string(interface.type());
  for (const InterfaceAddress& address : interface.addresses())
    if (!address.address().is_link_local()) evidence += ", " + to_string(address);
  if (interface.is_expensive()) evidence += ", expensive";
  if (interface.is_constrained()) evidence += ", constrained";
  return {Health::good, subject, evidence, ""};
}

void check_router(Loop& loop, const Route& route, Findings& findings) {
  const IpAddress gateway = *route.gateway();
  const std::string subject = "router " + to_string(gateway);
  auto prober = Prober::open(loop, gateway.family());
  if (!prober.has_value()) return;
  const bool never = false;
  const auto reply = run_until_done(loop, prober->probe(gateway), never);
  if (!reply) return;
  if (reply->has_value() && (*reply)->outcome() == ProbeOutcome::reached) {
    findings.push_back(
        {Health::good, subject, "answers after " + to_string((*reply)->round_trip()), ""});
  } else if (!reply->has_value() && reply->error().kind() == ErrorKind::timed_out) {
    findings.push_back({Health::noted, subject, "does not answer probes, as many routers",
                        "if nothing beyond it answers either, restart it"});
  } else {
    findings.push_back({Health::bad, subject,
                        reply->has_value() ? to_string(**reply) : to_string(reply->error()),
                        "the router is off, or this host's address does not fit its network"});
  }
}

}  // namespace

void check_links(Loop& loop, const Path& path, Findings& findings) {
  for (const Interface& interface : path.interfaces())
    if (interface.type() != InterfaceType::loopback) findings.push_back(about(interface));
  if (!path.is_satisfied()) {
    std::string why;
    for (const UnsatisfiedReason& reason : path.unsatisfied_reasons())
      why += (why.empty() ? "" : "; ") + to_string(reason);
    findings.push_back(
        {Health::bad, "path", why, "without an interface that does, nothing else can work"});
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const bool addressed = std::ranges::any_of(path.interfaces(), [family](const Interface& one) {
      return one.type() != InterfaceType::loopback && one.is_up() &&
             has_address_beyond_link(one, family);
    });
    const std::string subject = "route " + to_string(family);
    if (has_default_route(path, family)) {
      findings.push_back({addressed ? Health::good : Health::doubtful, subject,
                          addressed ? "a default route, and an address to send from"
                                    : "a default route, but no address to send from",
                          addressed ? "" : "packets of this family cannot be sent"});
    } else if (addressed) {
      findings.push_back({family == Family::ipv6 ? Health::doubtful : Health::bad, subject,
                          "an address, but no default route",
                          "only the link itself is reached; look at the router, or at DHCP"});
    } else {
      findings.push_back({Health::noted, subject, "not in use on this host", ""});
    }
  }
  std::vector<IpAddress> asked;
  for (const Route& route : path.routes()) {
    if (route.destination().length() != 0 || !route.gateway()) continue;
    if (std::ranges::find(asked, *route.gateway()) != asked.end()) continue;
    asked.push_back(*route.gateway());
    check_router(loop, route, findings);
  }
}

}  // namespace bowline::cli
