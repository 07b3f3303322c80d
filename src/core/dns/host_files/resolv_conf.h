#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dns/host_files/config_text.h"
#include "core/dns/resolver.h"

namespace bowline::core {

/// The content of a resolv.conf file: the configuration of the default scope, without hosts.
struct ResolvConf {
  static constexpr std::size_t servers_max = 8;
  static constexpr std::size_t suffixes_max = 32;
  static constexpr std::size_t warnings_max = 64;

  ResolverConfig config;             ///< one entry, of scope 0
  std::optional<Duration> timeout;   ///< for Resolver::Options::timeout_initial
  std::optional<unsigned> attempts;  ///< for Resolver::Options::tries_max
  std::vector<std::string>
      warnings;  ///< safe to print: `line 3: option "no-aaaa" has no effect here`
};

/// Reads resolv.conf(5). Never fails: what is not understood is a warning. Numbers are cut to glibc's bounds
/// (ndots 15, attempts 5), but the timeout to 5 seconds: three tries then still fit into a lookup. Beyond
/// the manual, `[address]:port` is a nameserver too.
[[nodiscard]] ResolvConf parse_resolv_conf(std::string_view text,
                                           const InterfaceIndex& interface_index = {});

}  // namespace bowline::core
