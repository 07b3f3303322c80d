#include "cli/probe/probe_target.h"

#include <charconv>
#include <vector>

#include <bowline/endpoint.h>
#include <bowline/resolver.h>

#include "cli/output/safe_text.h"
#include "cli/words/network_options.h"

namespace bowline::cli {

namespace {

/// The types to ask for, the family that is preferred first.
std::vector<std::string> types_for(Loop& loop, const Parameters& parameters) {
  if (parameters.only())
    return {*parameters.only() == Family::ipv4 ? std::string("A") : std::string("AAAA")};
  const auto path = loop.path();
  const bool has_v6 = path.has_value() && path->supports_ipv6();
  const bool has_v4 = path.has_value() && path->supports_ipv4();
  if (has_v4 && !has_v6) return {"A"};
  return {"AAAA", "A"};
}

}  // namespace

Result<ProbeTarget> find_target(Loop& loop, std::string_view word, const Parameters& parameters) {
  constexpr std::uint16_t any_port = 1;
  BOWLINE_TRY(const Endpoint endpoint, Endpoint::parse_host(word, any_port));
  if (endpoint.is_address()) {
    NetworkOptions options;
    options.parameters = parameters;
    BOWLINE_TRY(const SocketAddress address, read_address(word, any_port, options, loop));
    if (parameters.only() && *parameters.only() != address.ip.family())
      return usage_error(quoted(word) + " is not an address of the family that is asked for");
    return ProbeTarget{to_string(address.ip), address.ip};
  }
  BOWLINE_TRY(Lookup lookup, resolve(loop, endpoint.host(), types_for(loop, parameters)));
  std::optional<IpAddress> second;
  std::optional<Error> failure;
  for (;;) {
    auto answer = lookup.next().wait();
    if (!answer.has_value()) return answer.error();
    if (!answer->has_value()) break;
    const Resolution& resolution = **answer;
    if (resolution.error()) failure = resolution.error();
    if (resolution.addresses().empty()) continue;
    const IpAddress& first = resolution.addresses().front();
    if (first.is_v6() || parameters.only()) return ProbeTarget{std::string(word), first};
    second = first;
  }
  if (second) return ProbeTarget{std::string(word), *second};
  return failure.value_or(Error(ErrorKind::name_not_found, "resolve", "it has no address"))
      .about(std::string(word));
}

Result<unsigned> read_number(const Invocation& invocation, std::string_view option,
                             unsigned otherwise, unsigned min, unsigned max) {
  const auto text = invocation.value(option);
  if (!text) return otherwise;
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = problem == std::errc() && end == text->data() + text->size();
  if (whole && number >= min && number <= max) return number;
  return usage_error("--" + std::string(option) + " " + quoted(*text) + ": not a number from " +
                     std::to_string(min) + " to " + std::to_string(max));
}

std::string name_of_address(Loop& loop, const IpAddress& address) {
  auto lookup = resolve(loop, to_string(address.with_scope(0)), {"PTR"});
  if (!lookup.has_value()) return {};
  const auto answer = lookup->next().wait();
  if (!answer.has_value() || !answer->has_value() || (**answer).answers().empty()) return {};
  std::string name = (**answer).answers().front();
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace bowline::cli
