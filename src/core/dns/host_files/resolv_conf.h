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

  ResolverConfig config;   ///< one entry, of scope 0, and no hosts
  bool no_reload = false;  ///< the file is not read again when it changes
  std::vector<std::string>
      warnings;  ///< safe to print: `line 3: option "inet6" has no meaning here`
};

/// What else decides about the default scope, beside the file.
struct ResolvConfContext {
  std::string host_name =
      {};  ///< its domain is the search list of a file without one; may be empty
  /// The process's LOCALDOMAIN and RES_OPTIONS: they stand behind the file's lines.
  std::string local_domain = {};
  std::string options = {};
};

/// Reads resolv.conf(5). Never fails: what is not understood is a warning. Numbers are cut to glibc's bounds
/// (ndots 15, attempts 5), but the timeout to 5 seconds: three tries then still fit into a lookup. Beyond
/// the manual, eight servers count, and `[address]:port` is one too.
[[nodiscard]] ResolvConf parse_resolv_conf(std::string_view text,
                                           const InterfaceIndex& interface_index = {},
                                           const ResolvConfContext& context = {});

}  // namespace bowline::core
