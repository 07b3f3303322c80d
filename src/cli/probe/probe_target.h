#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/loop.h>
#include <bowline/parameters.h>
#include <bowline/prober.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

/// The host that is probed.
struct ProbeTarget {
  std::string name;
  IpAddress address;
};

/// The address that a word means, by the family that the parameters want, else the first that DNS gives; IPv6
/// only where this host has a path for it.
///
/// errors    invalid_argument for what is no host; name_not_found and the like
[[nodiscard]] Result<ProbeTarget> find_target(Loop& loop, std::string_view word,
                                              const Parameters& parameters);

/// A whole number.
/// errors    invalid_argument outside of `min` to `max`
[[nodiscard]] Result<unsigned> read_number(const Invocation& invocation, std::string_view option,
                                           unsigned otherwise, unsigned min, unsigned max);

/// The first name of an address, by PTR; empty if it has none.
[[nodiscard]] std::string name_of_address(Loop& loop, const IpAddress& address);

/// Runs the loop until the operation is done, or `stopped` is set, which gives nothing.
template <class T>
[[nodiscard]] std::optional<Result<T>> run_until_done(Loop& loop, Operation<T> operation,
                                                      const bool& stopped) {
  std::optional<Result<T>> result;
  operation.start([&](Result<T>&& done) {
    result.emplace(std::move(done));
    loop.stop();
  });
  while (!result && !stopped) loop.run();
  return result;
}

}  // namespace bowline::cli
