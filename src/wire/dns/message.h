#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <bowline/result.h>

#include "wire/dns/name.h"
#include "wire/dns/record.h"

namespace bowline::wire {

/// What stands before the questions of each message. RFC 1035 4.1.1.
inline constexpr std::size_t dns_header_bytes = 12;

/// Response codes; extended ones (RFC 6891) included. Every other number is carried as it is.
enum class Rcode : std::uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
};
[[nodiscard]] std::string to_string(
    Rcode rcode);  // "NXDOMAIN", "SERVFAIL" ...; "RCODE11" for unknown ones

struct EdnsOption {
  std::uint16_t code;
  std::vector<std::byte> value;
  friend bool operator==(const EdnsOption&, const EdnsOption&) = default;
};

/// RFC 6891. Stands for the OPT record, which is not listed among `additional`.
struct Edns {
  std::uint16_t udp_bytes_max = 1232;  ///< received values below 512 read as 512
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<EdnsOption> options;
  friend bool operator==(const Edns&, const Edns&) = default;
};

struct Question {
  DnsName name;
  RecordType type;
  std::uint16_t question_class = class_in;
  friend bool operator==(const Question&, const Question&) = default;
};

/// A DNS message. Nothing in it is trusted to fit together: that is the resolver's business.
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
  Rcode rcode =
      Rcode::no_error;  ///< with the extended bits of EDNS; without EDNS only four bits are written
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additional;
  std::optional<Edns> edns;
  /// SVCB and HTTPS records that were left out because they, or others of their set, were broken.
  std::size_t service_records_rejected = 0;
  /// Why the first of them was, as `parameter: keys not in increasing order at offset 61`; else empty.
  std::string service_damage;
  /// The first thing that does not parse behind the answers, as `additional[0].type: the message ends
  /// inside at offset 45`; empty if all does. What could be read is there nevertheless.
  std::string damage;
  /// Records, and options of EDNS, that were left out because of the Limits.
  std::size_t records_cut = 0;

  struct Limits {
    std::size_t records_max = 1024;  ///< questions and records of all sections
    std::size_t name_octets_max =
        128 * 1024;  ///< of all names together, when they are decompressed
    /// Strings of TXT, options of EDNS; parameters, protocols, mandatory keys and hints of services.
    std::size_t parts_max = 2048;
  };
  /// Parses one whole message of at most 65,535 octets; bytes behind the last record are ignored. Within
  /// the Limits a message takes less than a mebibyte once it is parsed; records beyond them are left out and
  /// counted in `records_cut`.
  ///
  /// Compression pointers must point backwards, to before the part of the name that uses them (RFC 1035
  /// 4.1.4), and at most 127 of them make a name; so parsing is linear and ends. Types with names inside are
  /// decompressed as RFC 3597 4 says; SVCB targets and unknown types are not. Header, questions and answers
  /// decide, so that malformed data there makes the whole message malformed, but for two cases:
  /// - SVCB and HTTPS: a malformed one rejects all of its type in its section, so that the client does
  ///   without (RFC 9460 2.2 asks that of the record set); one whose parameters contradict each other is
  ///   rejected alone (2.4.3). `service_records_rejected` counts both.
  /// - A truncated message may break off anywhere (RFC 2181 9): it has the records before that.
  ///
  /// Behind the answers, a record with malformed data is left out, as is an OPT that is a second one or
  /// not at the root; where the end of a record cannot be found, nothing more is read. `damage` says so.
  /// errors    malformed with offset and field; limit_exceeded for questions beyond Limits
  [[nodiscard]] static Result<DnsMessage> parse(std::span<const std::byte> bytes, Limits limits);
  [[nodiscard]] static Result<DnsMessage> parse(std::span<const std::byte> bytes) {
    return parse(bytes, Limits{});
  }

  /// Wire form, names compressed where RFC 3597 4 allows, by exact case. What does not fit into `bytes_max`
  /// (at least 512) is left out, from the first record that does not fit on; `truncated` is set if that was
  /// an answer or authority (RFC 2181 9). EDNS always stays, without its options if they alone are too many.
  [[nodiscard]] std::vector<std::byte> encode(std::size_t bytes_max = 65'535) const;

  friend bool operator==(const DnsMessage&, const DnsMessage&) = default;
};

}  // namespace bowline::wire
