#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <bowline/address.h>
#include <bowline/result.h>

#include "wire/dns/name.h"

namespace bowline::wire {

/// Types we know; every other number is carried as it is.
enum class RecordType : std::uint16_t {
  a = 1, ns = 2, cname = 5, soa = 6, ptr = 12, txt = 16, aaaa = 28, srv = 33, opt = 41, svcb = 64, https = 65, any = 255,
};
[[nodiscard]] std::string to_string(RecordType type);  // "AAAA"; "TYPE1234" for unknown ones (RFC 3597)
[[nodiscard]] std::optional<RecordType> record_type_from(std::string_view text);

/// Response codes; extended ones (RFC 6891) included. Every other number is carried as it is.
enum class Rcode : std::uint16_t { no_error = 0, format_error = 1, server_failure = 2, name_error = 3, not_implemented = 4, refused = 5, bad_version = 16 };
[[nodiscard]] std::string to_string(Rcode rcode);  // "NXDOMAIN", "SERVFAIL" ...

inline constexpr std::uint16_t class_in = 1;

struct SoaData { DnsName primary; DnsName mailbox; std::uint32_t serial, refresh, retry, expire, minimum; };
struct SrvData { std::uint16_t priority, weight, port; DnsName target; };
struct NameData { DnsName name; };                    ///< CNAME, NS, PTR
struct TxtData { std::vector<std::string> strings; };
struct RawData { std::vector<std::byte> bytes; };     ///< unknown types, as they came

/// One service parameter as it came; `key` as registered in RFC 9460 14.3.2.
struct ServiceParameter { std::uint16_t key; std::vector<std::byte> value; };

/// SVCB and HTTPS, RFC 9460. Known parameters are parsed; all are kept raw in `parameters` too, in key order.
struct ServiceData {
  std::uint16_t priority = 0;  ///< 0 = AliasMode
  DnsName target;              ///< root = the owner itself (in ServiceMode)
  std::vector<std::uint16_t> mandatory;
  std::vector<std::string> alpn;
  bool no_default_alpn = false;
  std::optional<std::uint16_t> port;
  std::vector<IpAddress> ipv4_hints;
  std::vector<IpAddress> ipv6_hints;
  std::vector<std::byte> ech;  ///< opaque
  std::vector<ServiceParameter> parameters;
  [[nodiscard]] bool is_alias() const { return priority == 0; }
};

struct EdnsOption { std::uint16_t code; std::vector<std::byte> value; };
/// RFC 6891. Stands for the OPT record, which is not listed among `additional`.
struct Edns {
  std::uint16_t udp_bytes_max = 1232;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<EdnsOption> options;
};

using RecordData = std::variant<IpAddress, NameData, SoaData, TxtData, SrvData, ServiceData, RawData>;

struct Record {
  DnsName name;
  RecordType type;
  std::uint16_t record_class = class_in;
  std::uint32_t ttl_seconds = 0;  ///< top bit set means 0 (RFC 2181 8)
  RecordData data;
};

struct Question {
  DnsName name;
  RecordType type;
  std::uint16_t question_class = class_in;
  friend bool operator==(const Question&, const Question&) = default;
};

struct DnsMessage {
  std::uint16_t id = 0;
  bool response = false;
  std::uint8_t opcode = 0;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = true;
  bool recursion_available = false;
  bool authentic_data = false;
  bool checking_disabled = false;
  Rcode rcode = Rcode::no_error;  ///< with the extended bits of EDNS
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additional;
  std::optional<Edns> edns;

  struct Limits {
    std::size_t records_max = 1024;   ///< in all sections; a message with more is limit_exceeded
  };
  /// Parses one whole message of at most 65,535 octets. Compression pointers must point backwards, to before the name
  /// that uses them (RFC 1035 4.1.4); so parsing is linear and ends. A record whose data is malformed makes the whole
  /// message malformed, except SVCB and HTTPS, which are dropped one by one (RFC 9460 2.2 asks for the record set: see the
  /// implementation).
  /// errors    malformed with offset and field; limit_exceeded
  [[nodiscard]] static Result<DnsMessage> parse(std::span<const std::byte> bytes, Limits limits);
  [[nodiscard]] static Result<DnsMessage> parse(std::span<const std::byte> bytes) {
    return parse(bytes, Limits{});
  }

  /// Wire form, names compressed where RFC 3597 4 allows, cut with `truncated` set if over `bytes_max`.
  [[nodiscard]] std::vector<std::byte> encode(std::size_t bytes_max = 65'535) const;
};

}  // namespace bowline::wire
