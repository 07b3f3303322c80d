#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "core/dns/host_files/config_text.h"

namespace bowline::core {

/// The content of a hosts file, fit for `ResolverConfig::hosts`.
struct HostsFile {
  static constexpr std::size_t entries_max = 65'536;

  std::multimap<std::string, IpAddress>
      hosts;                        ///< in the order of the file per name; each pair once
  std::size_t lines_skipped = 0;    ///< no address in front, or no name that is one
  std::size_t entries_dropped = 0;  ///< beyond entries_max
};

/// Reads hosts(5): an address and the names it has, per line. Never fails: what makes no sense is
/// skipped and counted.
[[nodiscard]] HostsFile parse_hosts_file(std::string_view text,
                                         const InterfaceIndex& interface_index = {});

}  // namespace bowline::core
