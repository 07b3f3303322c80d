#include "cli/words/network_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

Error wrong_value(std::string_view option, std::string_view value, std::string_view why) {
  return usage_error(std::string(option) + " " + quoted(value) + ": " + std::string(why));
}

/// The index of an interface of this host.
Result<std::uint32_t> find_interface(std::string_view name, Loop& loop) {
  BOWLINE_TRY(const Path path, loop.path());
  const auto found = std::ranges::find(path.interfaces(), name, &Interface::name);
  if (found != path.interfaces().end()) return found->index();
  std::vector<std::string> names;
  std::string list;
  for (const Interface& interface : path.interfaces()) {
    names.push_back(interface.name());
    list += (list.empty() ? "" : ", ") + safe(interface.name(), 32);
  }
  const std::string guess = did_you_mean(name, names);
  return usage_error("this host has no interface " + quoted(name) +
                     (guess.empty() ? "; it has " + safe(list) : guess));
}

Result<std::uint32_t> read_zone(std::string_view zone, Loop& loop) {
  std::uint32_t index = 0;
  const auto [end, problem] = std::from_chars(zone.data(), zone.data() + zone.size(), index);
  if (problem != std::errc() || end != zone.data() + zone.size()) return find_interface(zone, loop);
  BOWLINE_TRY(const Path path, loop.path());
  if (std::ranges::find(path.interfaces(), index, &Interface::index) != path.interfaces().end())
    return index;
  return usage_error("this host has no interface with the number " + std::to_string(index));
}

Result<void> check_source(const Invocation& invocation, NetworkOptions& options, Loop& loop) {
  const auto text = invocation.value("source");
  if (!text) return {};
  BOWLINE_TRY(const SocketAddress source, read_address(*text, 0, options, loop));
  if (options.family && *options.family != source.ip.family())
    return wrong_value(
        "--source", *text,
        options.family == Family::ipv4 ? "-4 wants an IPv4 address" : "-6 wants an IPv6 address");
  if (source.ip.is_multicast())
    return wrong_value("--source", *text, "nobody sends from a multicast address");
  options.family = source.ip.family();
  options.parameters.source(source.ip, source.port);
  return {};
}

/// The value of an enumeration that is called so; the sentence of the error has them all.
template <class Enum>
Result<Enum> read_word(std::string_view option, std::string_view word,
                       std::initializer_list<Enum> all) {
  std::string list;
  for (const Enum one : all) {
    if (to_string(one) == word) return one;
    list += (list.empty() ? "" : ", ") + to_string(one);
  }
  return wrong_value(option, word, "not one of " + list);
}

bool command_has(const Invocation& invocation, std::string_view option) {
  return std::ranges::find(invocation.command()->options, option, &Option::name) !=
         invocation.command()->options.end();
}

}  // namespace

Result<void> read_way_options(const Invocation& invocation, Loop& loop, Parameters& into) {
  if (invocation.has("4") && invocation.has("6"))
    return usage_error("-4 and -6 exclude each other");
  if (invocation.has("4")) into.only(Family::ipv4);
  if (invocation.has("6")) into.only(Family::ipv6);
  if (const auto name = invocation.value("interface")) {
    BOWLINE_TRY(const std::uint32_t index, find_interface(*name, loop));
    static_cast<void>(index);
    into.interface(std::string(*name));
  }
  if (command_has(invocation, "interface-type")) {
    using enum InterfaceType;
    if (const auto word = invocation.value("interface-type")) {
      BOWLINE_TRY(const InterfaceType type,
                  read_word("--interface-type", *word,
                            {wired, wifi, cellular, tunnel, peer_to_peer, other, loopback}));
      into.require(type);
    }
    into.prohibit_expensive(invocation.has("prohibit-expensive"));
    into.prohibit_constrained(invocation.has("prohibit-constrained"));
  }
  if (!command_has(invocation, "service-class")) return {};
  using enum ServiceClass;
  if (const auto word = invocation.value("service-class")) {
    BOWLINE_TRY(const ServiceClass service_class,
                read_word("--service-class", *word,
                          {best_effort, background, video, voice, responsive, signaling}));
    into.service_class(service_class);
  }
  return {};
}

Result<NetworkOptions> read_network_options(const Invocation& invocation, Loop& loop) {
  NetworkOptions options;
  BOWLINE_TRY_VOID(read_way_options(invocation, loop, options.parameters));
  if (invocation.has_if_offered("udp") && invocation.has_if_offered("tcp"))
    return usage_error("--udp and --tcp exclude each other");
  options.udp = invocation.has_if_offered("udp") || invocation.has_if_offered("dtls");
  if (const auto& only = options.parameters.only()) options.family = *only;
  if (command_has(invocation, "keepalive")) {
    if (const auto text = invocation.value("keepalive")) {
      BOWLINE_TRY(const Duration idle, read_seconds(*text, "--keepalive"));
      constexpr unsigned unanswered_max = 3;
      options.tcp.keep_alive(idle, idle, unanswered_max);
    }
  }
  options.tcp.multipath(invocation.has_if_offered("multipath"));
  BOWLINE_TRY_VOID(check_source(invocation, options, loop));
  if (options.family) options.parameters.only(*options.family);
  if (const auto text = invocation.value("server")) {
    BOWLINE_TRY(const SocketAddress server, read_address(*text, 53, options, loop));
    options.parameters.resolver(server);
  }
  if (const auto text = invocation.value("timeout")) {
    BOWLINE_TRY(options.timeout, read_seconds(*text));
  }
  options.parameters.wait(invocation.has("wait") ? Waiting::for_peer : Waiting::never);
  if (!command_has(invocation, "proxy")) return options;
  if (const auto text = invocation.value("proxy")) {
    auto proxy = Proxy::parse(*text);
    if (!proxy.has_value()) return wrong_value("--proxy", *text, proxy.error().message());
    if (options.udp) return usage_error("UDP and DTLS go through no proxy");
    options.proxy = *std::move(proxy);
  }
  return options;
}

Result<Endpoint> read_remote(const Invocation& invocation, const NetworkOptions& options,
                             Loop& loop) {
  const auto words = invocation.arguments();
  const bool is_url = words[0].find("://") != std::string_view::npos;
  if (is_url && words.size() > 1)
    return usage_error("a URL names the port itself: leave out " + quoted(words[1]));
  if (!is_url && words.size() < 2) return usage_error("PORT is missing behind " + quoted(words[0]));
  Result<Endpoint> endpoint = Endpoint();
  if (is_url) {
    endpoint = Endpoint::parse_url(words[0]);
  } else {
    BOWLINE_TRY(const std::uint16_t port, read_port(words[1], 1));
    endpoint = Endpoint::parse_host(words[0], port);
  }
  if (!endpoint.has_value()) return endpoint;
  if (endpoint->port() == 0) return usage_error("nobody can listen on port 0");
  if (!endpoint->is_address()) return endpoint;
  BOWLINE_TRY_VOID(check_scope(*endpoint, options, loop));
  const SocketAddress address = unmapped(endpoint->address());
  if (options.family && *options.family != address.ip.family())
    return usage_error(to_string(address.ip) + " is not an " +
                       (*options.family == Family::ipv4 ? "IPv4" : "IPv6") +
                       " address, and the options want one");
  return address == endpoint->address() ? endpoint : Endpoint(address);
}

SocketAddress unmapped(const SocketAddress& address) {
  return {address.ip.unmapped(), address.port};
}

/// Without its interface a link-local address means nothing.
Result<void> check_scope(const Endpoint& endpoint, const NetworkOptions& options, Loop& loop) {
  const IpAddress& address = endpoint.address().ip;
  if (!endpoint.zone().empty()) {
    BOWLINE_TRY(const std::uint32_t index, find_interface(endpoint.zone(), loop));
    static_cast<void>(index);
    if (!options.parameters.interface().empty() &&
        options.parameters.interface() != endpoint.zone())
      return usage_error("the address is on " + quoted(endpoint.zone()) +
                         ", and --interface says " + quoted(options.parameters.interface()));
    return {};
  }
  if (address.scope_id() != 0) {
    BOWLINE_TRY(const std::uint32_t index, read_zone(std::to_string(address.scope_id()), loop));
    static_cast<void>(index);
    return {};
  }
  if (address.is_v6() && address.is_link_local() && options.parameters.interface().empty())
    return usage_error("the link-local address " + to_string(address) +
                       " needs its interface, as " + to_string(address) + "%eth0");
  return {};
}

Result<std::uint16_t> read_port(std::string_view text, std::uint16_t min) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem == std::errc() && end == text.data() + text.size() && port >= min) return port;
  return usage_error("the port " + quoted(text) + " is not a number from " + std::to_string(min) +
                     " to 65535");
}

Result<SocketAddress> read_address(std::string_view text, std::uint16_t port,
                                   const NetworkOptions& options, Loop& loop) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (text.starts_with('[') ? text[colon - 1] == ']' : text.find(':') == colon);
  if (has_port) {
    BOWLINE_TRY(port, read_port(text.substr(colon + 1), 1));
  }
  BOWLINE_TRY(const Endpoint endpoint,
              Endpoint::parse_host(has_port ? text.substr(0, colon) : text, port));
  if (!endpoint.is_address()) return usage_error(quoted(text) + " is not an IP address");
  BOWLINE_TRY_VOID(check_scope(endpoint, options, loop));
  SocketAddress address = unmapped(endpoint.address());
  if (endpoint.zone().empty()) return address;
  BOWLINE_TRY(const std::uint32_t scope, find_interface(endpoint.zone(), loop));
  address.ip = address.ip.with_scope(scope);
  return address;
}

Result<Duration> read_seconds(std::string_view text, std::string_view option) {
  constexpr double week = 7 * 24 * 3600;
  double seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool number =
      problem == std::errc() && end == text.data() + text.size() && std::isfinite(seconds);
  if (!number || seconds <= 0 || seconds > week)
    return wrong_value(option, text, "not a number of seconds, more than 0 and up to 604800");
  return std::max(Duration(1),
                  std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

}  // namespace bowline::cli
