#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/dns/name/special_names.h"
#include "core/dns/resolver.h"

namespace bowline::core {

/// What the configuration means for lookups: whom they ask, under which names, and what needs no server.
class ResolverSetup {
 public:
  /// The scopes of which something has changed, as far as there were any before.
  std::vector<ResolverScope> configure(ResolverConfig next);
  [[nodiscard]] const ResolverConfig& config() const { return config_; }
  /// The object stays where it is; what it says changes with the configuration.
  [[nodiscard]] const SpecialNames& special() const { return special_; }

  /// None if the scope is not known.
  [[nodiscard]] std::vector<SocketAddress> servers_of(ResolverScope scope) const;
  /// 0 = any.
  [[nodiscard]] std::uint32_t interface_index(ResolverScope scope) const;
  /// The names to be tried for `name`, in order.
  [[nodiscard]] std::vector<wire::DnsName> candidates(const Resolver::Lookup& request,
                                                      const wire::DnsName& name) const;
  /// An answer that needs no server, if there is one. A lookup that names its server, or wants to hear
  /// one, is not for the hosts file.
  [[nodiscard]] std::optional<Answer> local_answer(const Resolver::Lookup& request,
                                                   const wire::DnsName& name,
                                                   wire::RecordType type) const;
  /// The servers in the order in which this question asks them: another one each time, if that is wanted.
  [[nodiscard]] std::vector<SocketAddress> rotated(std::vector<SocketAddress> servers);

 private:
  [[nodiscard]] const ResolverEntry* entry_of(ResolverScope scope) const;

  ResolverConfig config_;
  SpecialNames special_;
  std::size_t rotation_ = 0;
};

}  // namespace bowline::core
