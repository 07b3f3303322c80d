#include "cli/path/path_output.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

/// Interfaces are named by index in routes; a route may outlive its interface.
std::string name_of(const Path& path, std::uint32_t index) {
  const auto found = std::ranges::find(path.interfaces(), index, &Interface::index);
  return found == path.interfaces().end() ? std::to_string(index) : found->name();
}

/// The address with the length of its prefix: `192.0.2.10/24`.
std::string with_length(const InterfaceAddress& address) {
  return to_string(address.address()) + "/" + std::to_string(address.prefix().length());
}

std::vector<std::string> flags_of(const InterfaceAddress& address) {
  std::vector<std::string> flags;
  if (address.is_deprecated()) flags.emplace_back("deprecated");
  if (address.is_temporary()) flags.emplace_back("temporary");
  if (address.is_tentative()) flags.emplace_back("tentative");
  return flags;
}

std::vector<std::string> costs_of(const Interface& interface) {
  std::vector<std::string> costs;
  if (interface.is_expensive()) costs.emplace_back("expensive");
  if (interface.is_constrained()) costs.emplace_back("constrained");
  if (interface.is_ultra_constrained()) costs.emplace_back("ultra-constrained");
  return costs;
}

std::string_view state_of(const Interface& interface) {
  return !interface.is_up() ? "down" : interface.is_running() ? "up" : "no carrier";
}

std::string interfaces_text(const Path& path, const Style& style) {
  std::string text = "\n" + style.paint(Tone::strong, "interfaces") + "\n";
  for (const Interface& interface : path.interfaces()) {
    const Tone tone = interface.is_up() && interface.is_running() ? Tone::good : Tone::faint;
    text += "  " + fit(safe(interface.name(), 15), 16) +
            style.paint(tone, fit(state_of(interface), 12)) + fit(to_string(interface.type()), 14) +
            "mtu " + std::to_string(interface.mtu());
    for (const std::string& cost : costs_of(interface)) text += "  " + cost;
    text += "\n";
    for (const InterfaceAddress& address : interface.addresses()) {
      text += "    " + with_length(address);
      for (const std::string& flag : flags_of(address)) text += " " + flag;
      text += "\n";
    }
    for (const SocketAddress& server : interface.dns_servers())
      text += "    dns server " + to_string(server) + "\n";
    for (const std::string& domain : interface.dns_domains())
      text += "    dns domain " + safe(domain) + "\n";
    if (interface.nat64_prefix())
      text += "    nat64 " + to_string(*interface.nat64_prefix()) + "\n";
  }
  return text;
}

std::string routes_text(const Path& path, const Style& style) {
  std::string text = "\n" + style.paint(Tone::strong, "routes") + "\n";
  for (const Route& route : path.routes()) {
    const bool is_default = route.destination().length() == 0;
    const std::string family = " (" + to_string(route.destination().address().family()) + ")";
    text += "  " + (is_default ? "default" + family : to_string(route.destination()));
    if (route.gateway()) text += " via " + to_string(*route.gateway());
    text += " on " + safe(name_of(path, route.interface_index()), 15) + " metric " +
            std::to_string(route.metric()) + "\n";
  }
  return text;
}

std::string dns_text(const Path& path, const Style& style) {
  std::string text = "\n" + style.paint(Tone::strong, "dns") + "\n";
  for (const SocketAddress& server : path.dns_servers())
    text += "  server " + to_string(server) + "\n";
  // resolv.conf(5)
  if (path.dns_servers().empty()) text += "  no server is configured, so 127.0.0.1:53 is asked\n";
  for (const std::string& domain : path.search_domains()) text += "  search " + safe(domain) + "\n";
  return text;
}

std::string reasons_text(const Path& path) {
  std::string text;
  for (const UnsatisfiedReason& reason : path.unsatisfied_reasons())
    text += "  " + to_string(reason) + "\n";
  return text;
}

void write_interface(Json& json, const Interface& interface) {
  json.object([&] {
    json.field("name", interface.name());
    json.field("index", interface.index());
    json.field("type", to_string(interface.type()));
    json.field("up", interface.is_up());
    json.field("running", interface.is_running());
    json.field("mtu", interface.mtu());
    json.field("expensive", interface.is_expensive());
    json.field("constrained", interface.is_constrained());
    json.field("ultra_constrained", interface.is_ultra_constrained());
    json.list("dns_servers", interface.dns_servers(),
              [&](const SocketAddress& one) { json.value(to_string(one)); });
    json.list("dns_domains", interface.dns_domains(),
              [&](const std::string& one) { json.value(one); });
    json.field("nat64_prefix", interface.nat64_prefix()
                                   ? std::optional(to_string(*interface.nat64_prefix()))
                                   : std::nullopt);
    json.list("addresses", interface.addresses(), [&](const InterfaceAddress& address) {
      json.object([&] {
        json.field("address", to_string(address.address()));
        json.field("prefix_length", address.prefix().length());
        json.field("family", to_string(address.address().family()));
        json.field("deprecated", address.is_deprecated());
        json.field("temporary", address.is_temporary());
        json.field("tentative", address.is_tentative());
      });
    });
  });
}

void write_route(Json& json, const Path& path, const Route& route) {
  json.object([&] {
    json.field("destination", to_string(route.destination()));
    json.field("gateway",
               route.gateway() ? std::optional(to_string(*route.gateway())) : std::nullopt);
    json.field("interface", name_of(path, route.interface_index()));
    json.field("metric", route.metric());
  });
}

void write_reason(Json& json, const UnsatisfiedReason& reason) {
  json.object([&] {
    json.field("problem", to_string(reason.problem()));
    json.field("interface", reason.interface().empty() ? std::optional<std::string>()
                                                       : std::optional(reason.interface()));
    json.field("message", to_string(reason));
  });
}

}  // namespace

std::string render(const Path& path, const Style& style) {
  const auto flag = [&](std::string_view name, bool value) {
    return style.paint(value ? Tone::good : Tone::bad,
                       std::string(name) + (value ? " yes" : " no"));
  };
  return flag("satisfied", path.is_satisfied()) + "  " + flag("ipv4", path.supports_ipv4()) + "  " +
         flag("ipv6", path.supports_ipv6()) + "  " + flag("dns", path.supports_dns()) + "\n" +
         reasons_text(path) + interfaces_text(path, style) + routes_text(path, style) +
         dns_text(path, style);
}

void write_path(Json& json, const Path& path) {
  json.object([&] {
    json.field("satisfied", path.is_satisfied());
    json.field("supports_ipv4", path.supports_ipv4());
    json.field("supports_ipv6", path.supports_ipv6());
    json.field("supports_dns", path.supports_dns());
    json.list("unsatisfied_reasons", path.unsatisfied_reasons(),
              [&](const UnsatisfiedReason& one) { write_reason(json, one); });
    json.list("gateways", path.gateways(),
              [&](const IpAddress& one) { json.value(to_string(one)); });
    json.list("interfaces", path.interfaces(),
              [&](const Interface& one) { write_interface(json, one); });
    json.list("routes", path.routes(), [&](const Route& one) { write_route(json, path, one); });
    json.list("dns_servers", path.dns_servers(),
              [&](const SocketAddress& one) { json.value(to_string(one)); });
    json.list("search_domains", path.search_domains(),
              [&](const std::string& one) { json.value(one); });
  });
}

}  // namespace bowline::cli
