#pragma once

#include <optional>
#include <vector>

#include <bowline/sim/dns_server.h>

#include "sim/dns/zone.h"
#include "wire/dns/message.h"

namespace bowline::sim {

/// What a server says to a query, and how much later.
struct DnsReply {
  Duration delay{};
  std::vector<std::byte> bytes;
};

/// Decides what to say: the first script that holds, or the zone.
class DnsReplies {
 public:
  DnsZone& zone() { return zone_; }
  void add_script(std::string_view name, std::string_view type, const DnsBehavior& behavior);
  void clear_scripts() { scripts_.clear(); }

  /// Nothing if the server is to keep silent. `query` has a question.
  [[nodiscard]] std::optional<DnsReply> reply_to(const wire::DnsMessage& query, bool over_tcp);

 private:
  struct Script {
    std::optional<wire::DnsName> name;
    std::optional<wire::RecordType> type;
    DnsBehavior behavior;
    std::uint64_t asked = 0;
  };
  [[nodiscard]] DnsBehavior behavior_for(const wire::Question& question);

  DnsZone zone_;
  std::vector<Script> scripts_;
};

}  // namespace bowline::sim
