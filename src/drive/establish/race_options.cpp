#include "drive/establish/race_options.h"

#include <algorithm>
#include <string_view>

namespace bowline::drive {

namespace {

bool is_http(std::string_view alpn) {
  return alpn == "h3" || alpn == "h2" || alpn.starts_with("http/");
}

}  // namespace

core::Race::Options race_options(const Parameters& parameters, const Tracer& tracer) {
  core::Race::Options options;
  options.resolution_delay = parameters.resolution_delay();
  options.attempt_delay = parameters.attempt_delay();
  options.attempt_timeout = parameters.attempt_timeout();
  options.preferred_family = parameters.prefer();
  options.trace = &tracer.is_on();
  return options;
}

core::Patience::Options patience_options(const Parameters& parameters) {
  core::Patience::Options options;
  options.waiting = parameters.wait();
  options.within = parameters.connect_within();
  options.delay_min = parameters.retry_delay_min();
  options.delay_max = parameters.retry_delay_max();
  return options;
}

core::Race::Target race_target(const std::vector<StackAlternative>& alternatives,
                               std::uint16_t port) {
  core::Race::Target target;
  target.port = port;
  for (const StackAlternative& alternative : alternatives) {
    target.protocols.push_back(alternative.protocol);
    target.alpn.insert(target.alpn.end(), alternative.alpn.begin(), alternative.alpn.end());
  }
  // What a proxy's name says of HTTP is not about the peer.
  if (alternatives.front().towards) target.alpn.clear();
  target.query_service = std::ranges::any_of(target.alpn, is_http);
  return target;
}

bool understands_ech(const std::vector<StackAlternative>& alternatives) {
  return std::ranges::any_of(alternatives, &StackAlternative::understands_ech);
}

}  // namespace bowline::drive
