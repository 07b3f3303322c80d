#include "drive/listening/listen_parameters.h"

#include <string>
#include <string_view>

namespace bowline::drive {

namespace {

/// All but only, interface, reuse_local_address, high_water_bytes and close_within speak of reaching a peer.
std::string_view meaningless(const Parameters& set) {
  const Parameters unset;
  if (set.wait() != unset.wait()) return "wait";
  if (set.connect_within() != unset.connect_within()) return "connect_within";
  if (set.source() != unset.source() || set.source_port() != unset.source_port()) return "source";
  if (set.prefer() != unset.prefer()) return "prefer";
  if (set.resolver() != unset.resolver()) return "resolver";
  if (set.prefer_address() != unset.prefer_address()) return "prefer_address";
  if (set.expired_answers() != unset.expired_answers()) return "expired_answers";
  if (set.resolution_delay() != unset.resolution_delay()) return "resolution_delay";
  if (set.attempt_delay() != unset.attempt_delay()) return "attempt_delay";
  if (set.attempt_timeout() != unset.attempt_timeout()) return "attempt_timeout";
  if (set.retry_delay_min() != unset.retry_delay_min() ||
      set.retry_delay_max() != unset.retry_delay_max())
    return "retry_delay";
  return "";
}

}  // namespace

Result<void> check_listen_parameters(const Parameters& parameters) {
  const std::string_view name = meaningless(parameters);
  if (name.empty()) return {};
  return Error(ErrorKind::unsupported, "listen", "a listener cannot honour this parameter")
      .about(std::string(name));
}

}  // namespace bowline::drive
