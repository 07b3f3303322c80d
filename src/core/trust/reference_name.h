#pragma once

#include <bowline/address.h>
#include <bowline/result.h>

#include <optional>
#include <string>
#include <string_view>

namespace bowline::core {

/// Whom a certificate must be for: a host, or an address. What it is compared with is never looked up.
struct ReferenceName {
  std::string host;  ///< lower case, A-labels, without final dot; empty if it is an address
  std::optional<IpAddress> address;  ///< without scope

  friend bool operator==(const ReferenceName&, const ReferenceName&) = default;
};

/// One final dot is dropped, and so is the zone of an address.
///
/// errors    invalid_argument: empty or over-long, a wildcard, an empty label, a NUL or other octet that no
///           host name has, internationalized labels (convert them first), a number that is no address
[[nodiscard]] Result<ReferenceName> read_reference_name(std::string_view text);

[[nodiscard]] std::string to_string(const ReferenceName& name);

/// ASCII only: certificates have nothing else.
[[nodiscard]] std::string lower_case(std::string_view text);
/// `name` is `domain` or below it, label by label; both in lower case and without final dot.
[[nodiscard]] bool is_within(std::string_view name, std::string_view domain);

}  // namespace bowline::core
