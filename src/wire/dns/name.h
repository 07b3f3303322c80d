#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <bowline/result.h>

namespace bowline::wire {

/// A domain name: labels of 1 to 63 octets, 255 octets on the wire in all. Keeps its case, compares without.
///
/// source    RFC 1035 2.3.4 and 3.1, RFC 4343 (case)
class DnsName {
 public:
  /// The root.
  DnsName() : wire_(1, '\0') {}

  /// Presentation form: `www.example.com` or with the trailing dot; `\.` and `\032` escapes (RFC 1035 5.1),
  /// which may stand for any octet. Always absolute: the search list is the resolver's business.
  /// errors    malformed, naming the rule broken: empty name or label, label over 63, name over 255, broken
  ///           escape, NUL or control character that is not escaped
  [[nodiscard]] static Result<DnsName> parse(std::string_view text);

  /// Uncompressed wire form, ending in the root label, as the parser of messages produces it; well-formed.
  [[nodiscard]] static DnsName from_wire(std::string wire);

  [[nodiscard]] std::string_view wire() const { return wire_; }
  [[nodiscard]] std::size_t label_count() const;
  [[nodiscard]] bool is_root() const { return wire_.size() == 1; }
  /// True if this name is `ancestor` or below it, by whole labels.
  [[nodiscard]] bool is_within(const DnsName& ancestor) const;
  /// This name in front of `suffix`; limit_exceeded over 255 octets.
  [[nodiscard]] Result<DnsName> with_suffix(const DnsName& suffix) const;
  /// Folded to lower case: what caches use as key.
  [[nodiscard]] DnsName folded() const;

  friend bool operator==(const DnsName& a, const DnsName& b);
  friend std::weak_ordering operator<=>(const DnsName& a, const DnsName& b);

 private:
  std::string wire_;
};

/// Presentation form without the trailing dot (`.` for the root); octets that are not printable, and dots
/// inside labels, are escaped as RFC 1035 5.1 says.
[[nodiscard]] std::string to_string(const DnsName& name);

}  // namespace bowline::wire
