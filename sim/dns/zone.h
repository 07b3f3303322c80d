#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/dns/message.h"

namespace bowline::sim {

/// Data in zone-file words: "192.0.2.1", "10 5 443 host.example", "1 . alpn=h2,h3 port=8443". Text that
/// does not parse ends the program.
[[nodiscard]] wire::RecordData record_data_or_die(wire::RecordType type, std::string_view text);
[[nodiscard]] wire::DnsName dns_name_or_die(std::string_view text);
[[nodiscard]] wire::RecordType record_type_or_die(std::string_view text);

/// Records, and what they say to a question.
class DnsZone {
 public:
  void add(wire::Record record) { records_.push_back(std::move(record)); }
  void remove(const wire::DnsName& name, wire::RecordType type);

  /// Fills in the answer, authority and response code for `message.questions[0]`.
  void answer(wire::DnsMessage& message) const;

 private:
  /// True if there is the name, or one below it (RFC 8020).
  [[nodiscard]] bool exists(const wire::DnsName& name) const;
  void add_start_of_authority(wire::DnsMessage& message, const wire::DnsName& name) const;

  std::vector<wire::Record> records_;
};

}  // namespace bowline::sim
