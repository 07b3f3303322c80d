#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/sim/host.h>
#include <bowline/time.h>

namespace bowline {
namespace BOWLINE_API sim {

/// How a scripted server treats a query, other than by answering from its zone at once.
class DnsBehavior {
 public:
  DnsBehavior() = default;
  /// Answers that much later.
  DnsBehavior& delay(Duration delay);
  /// Never answers.
  DnsBehavior& drop();
  /// Answers with this response code and no records: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.
  DnsBehavior& rcode(std::uint16_t rcode);
  /// Over UDP: no records, and the bit that sends the asker to TCP.
  DnsBehavior& truncate();
  /// Answers another id than was asked with; a careful asker goes on waiting.
  DnsBehavior& wrong_id();
  /// Answers with bytes that are no DNS message, but for the id.
  DnsBehavior& malformed();
  /// Leaves the question out of the answer.
  DnsBehavior& no_question();
  /// Holds for the first `queries` only; then the next script, or the zone.
  DnsBehavior& times(std::uint64_t queries);
  /// Lets that many queries pass before it holds.
  DnsBehavior& after(std::uint64_t queries);

  enum class Reply : std::uint8_t { zone, none, rcode, truncated, malformed };
  [[nodiscard]] Reply reply() const { return reply_; }
  [[nodiscard]] Duration delay() const { return delay_; }
  [[nodiscard]] std::uint16_t rcode() const { return rcode_; }
  [[nodiscard]] bool has_wrong_id() const { return wrong_id_; }
  [[nodiscard]] bool has_no_question() const { return no_question_; }
  [[nodiscard]] std::optional<std::uint64_t> times() const { return times_; }
  [[nodiscard]] std::uint64_t after() const { return after_; }

 private:
  Reply reply_ = Reply::zone;
  Duration delay_{};
  std::uint16_t rcode_ = 0;
  bool wrong_id_ = false;
  bool no_question_ = false;
  std::optional<std::uint64_t> times_;
  std::uint64_t after_ = 0;
};

/// One query that a server got.
struct DnsQuery {
  Instant at{};
  std::string name;  ///< as it was spelled
  std::string type;  ///< "AAAA"
  bool over_tcp = false;
  SocketAddress from;
};

/// A DNS server on port 53 of a host, over UDP and TCP, with a zone and a script.
///
/// Names compare without case. A name that is not in the zone is NXDOMAIN; one that is there with other
/// types gives no records. Aliases (CNAME) are followed inside the zone.
///
/// lifetime  the simulation outlives it
class DnsServer {
 public:
  /// Listens on one address of the host, or on all of them. Ends the program if something else listens
  /// there.
  explicit DnsServer(Host& host);
  DnsServer(Host& host, std::string_view address);
  ~DnsServer();

  /// One record in zone-file words: `add("example.com", "A", "192.0.2.1")`,
  /// `add("example.com", "HTTPS", "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1")`. Types: A, AAAA,
  /// CNAME, NS, PTR, TXT (one text), SRV, SOA, SVCB, HTTPS. Records that do not parse are programming
  /// errors and end the program.
  DnsServer& add(std::string_view name, std::string_view type, std::string_view data,
                 Duration ttl = std::chrono::minutes(5));
  /// Takes away all records of that name and type.
  DnsServer& remove(std::string_view name, std::string_view type);

  /// Queries for that name and type, or with `*` for every name or type. Scripts of one query are asked
  /// in the order they were given, the first that holds decides.
  DnsServer& script(std::string_view name, std::string_view type, const DnsBehavior& behavior);
  DnsServer& clear_scripts();

  /// In the order of arrival; the first 100,000.
  [[nodiscard]] const std::vector<DnsQuery>& queries() const;
  [[nodiscard]] std::size_t count(std::string_view name, std::string_view type) const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace sim
}  // namespace bowline
