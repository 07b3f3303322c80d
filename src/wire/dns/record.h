#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <bowline/address.h>

#include "wire/dns/name.h"

namespace bowline::wire {

/// Types that the library acts on; every other number is carried as it is.
enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  txt = 16,
  aaaa = 28,
  srv = 33,
  opt = 41,
  svcb = 64,
  https = 65,
  any = 255,
};
[[nodiscard]] std::string to_string(
    RecordType type);  // "AAAA"; "TYPE1234" for unknown ones (RFC 3597)
/// Either case; also the forms "TYPE1234" and "1234".
[[nodiscard]] std::optional<RecordType> record_type_from(std::string_view text);
/// False for 0, for transfers (AXFR ...), and for what only goes with a message (OPT, TSIG ...).
[[nodiscard]] bool may_be_asked(RecordType type);

inline constexpr std::uint16_t class_in = 1;

struct NameData {  ///< CNAME, NS, PTR
  DnsName name;
  friend bool operator==(const NameData&, const NameData&) = default;
};

struct SoaData {
  DnsName primary;
  DnsName mailbox;
  std::uint32_t serial, refresh, retry, expire, minimum;
  friend bool operator==(const SoaData&, const SoaData&) = default;
};

struct SrvData {
  std::uint16_t priority, weight, port;
  DnsName target;
  friend bool operator==(const SrvData&, const SrvData&) = default;
};

/// Each string has at most 255 octets. No string at all reads and writes as one empty string (RFC 6763 6.1).
struct TxtData {
  std::vector<std::string> strings;
  friend bool operator==(const TxtData&, const TxtData&) = default;
};

/// Other types, as they came but for names in types that RFC 3597 4 lists: those are not compressed any more.
struct RawData {
  std::vector<std::byte> bytes;
  friend bool operator==(const RawData&, const RawData&) = default;
};

/// Numbers of service parameters, RFC 9460 14.3.2 and RFC 9461. Others are carried as they are.
enum class ServiceKey : std::uint16_t {
  mandatory = 0,
  alpn = 1,
  no_default_alpn = 2,
  port = 3,
  ipv4_hint = 4,
  ech = 5,
  ipv6_hint = 6,
  doh_path = 7,
};

/// One service parameter as it came; `key` as registered in RFC 9460 14.3.2.
struct ServiceParameter {
  std::uint16_t key;
  std::vector<std::byte> value;
  friend bool operator==(const ServiceParameter&, const ServiceParameter&) = default;
};

/// SVCB and HTTPS, RFC 9460. Known parameters are parsed; all are kept raw in `parameters` too, in key order.
///
/// When encoding, `parameters` has the last word: a field is written only if its key is not among them. So
/// fill in the fields, or the parameters, but do not change a field of a record that was parsed.
struct ServiceData {
  std::uint16_t priority =
      0;           ///< 0 = AliasMode, where the parameters mean nothing and fields stay empty
  DnsName target;  ///< root = the owner itself (in ServiceMode)
  std::vector<std::uint16_t> mandatory;
  std::vector<std::string> alpn;
  bool no_default_alpn = false;
  std::optional<std::uint16_t> port;
  std::vector<IpAddress> ipv4_hints;
  std::vector<IpAddress> ipv6_hints;
  std::vector<std::byte> ech;  ///< opaque
  std::vector<ServiceParameter> parameters;
  [[nodiscard]] bool is_alias() const { return priority == 0; }
  friend bool operator==(const ServiceData&, const ServiceData&) = default;
};

using RecordData =
    std::variant<IpAddress, NameData, SoaData, TxtData, SrvData, ServiceData, RawData>;

struct Record {
  DnsName name;
  RecordType type;
  std::uint16_t record_class = class_in;
  std::uint32_t ttl_seconds = 0;  ///< top bit set means 0 (RFC 2181 8)
  RecordData data;
  friend bool operator==(const Record&, const Record&) = default;
};

/// The record's data in presentation form: `192.0.2.1`, `1 . alpn="h3,h2" ipv4hint=192.0.2.1`, `10
/// mail.test`; data of an unknown type, or that do not fit theirs, as RFC 3597 5 writes them: `\# 2 abcd`.
/// Printable ASCII only, whatever the peer sent.
[[nodiscard]] std::string to_string(const Record& record);

}  // namespace bowline::wire
