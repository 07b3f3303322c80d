#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <bowline/address.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include "base/random.h"
#include "core/trace/event.h"
#include "wire/dns/message.h"

namespace bowline::core {

class HostsFile;

/// Which configuration a lookup uses: 0 is the host's default, others are interface indexes. Answers of one
/// scope are never used in another.
using ResolverScope = std::uint32_t;

/// One entry of the list of resolvers: the host has one for the default scope, and may have one per
/// interface.
struct ResolverEntry {
  ResolverScope scope = 0;
  std::uint32_t interface_index = 0;   ///< queries leave by this interface; 0 = any
  std::vector<SocketAddress> servers;  ///< in order; at most 8 are used; none means 127.0.0.1
  /// Suffixes, at most 32: first for names with fewer dots than ndots, for others after the name itself.
  std::vector<std::string> search;
  friend bool operator==(const ResolverEntry&, const ResolverEntry&) = default;
};

/// The comments name the option of resolv.conf(5).
struct ResolverConfig {
  std::vector<ResolverEntry> entries;
  unsigned ndots = 1;
  std::optional<Duration> timeout;   ///< instead of Options::timeout_initial
  std::optional<unsigned> attempts;  ///< instead of Options::tries_max
  bool rotate = false;
  bool only_tcp = false;       ///< use-vc
  bool one_at_a_time = false;  ///< single-request: a lookup's types are asked one after another
  bool no_aaaa = false;        ///< no-aaaa: servers are not asked for IPv6 addresses
  bool trust_ad = false;       ///< trust-ad: servers are asked whether they have validated
  bool bare_labels = true;     ///< off by no-tld-query
  bool multicast_dns = false;  ///< something on this host speaks it: its names are not asked
  std::shared_ptr<HostsFile> hosts;  ///< none if there is no file
};

enum class AnswerStatus : std::uint8_t {
  ok,
  nodata,
  nxdomain,
  servfail,
  refused,
  timeout,
  malformed
};
enum class AnswerSource : std::uint8_t {
  query,
  cache,
  hosts,
  literal,  ///< the name was an address
  rule,     ///< a standard says what is true of such names, as of localhost
};
enum class DnsTransport : std::uint8_t { udp, tcp };
[[nodiscard]] std::string_view to_string(AnswerStatus status);  // "ok", "nodata", ...
[[nodiscard]] std::string_view to_string(AnswerSource source);
[[nodiscard]] std::string_view to_string(DnsTransport transport);

/// What a reply says about itself, beside its records.
struct ReplyFacts {
  wire::Rcode rcode{};
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool authentic_data = false;  ///< the server's word only
  bool checking_disabled = false;
  bool referral = false;           ///< it only names servers that know more
  std::optional<wire::Edns> edns;  ///< as the server sent it
  std::size_t records_cut = 0;     ///< left out because of the parser's limits
};

/// A lookup's result for one record type.
struct Answer {
  wire::RecordType type{};
  std::string question;  ///< the absolute name that was asked in the end
  AnswerStatus status{};
  AnswerSource source{};
  DnsTransport transport{};             ///< meaningful for queries
  std::optional<SocketAddress> server;  ///< who answered, or was asked last
  Instant started{};
  Instant ended{};
  bool stale = false;                 ///< expired; a fresh answer follows
  bool final = true;                  ///< nothing further comes for this type
  std::uint32_t ttl_seconds = 0;      ///< what is left of it
  std::string canonical_name;         ///< the end of the CNAME chain
  std::vector<wire::Record> records;  ///< of `type`, at canonical_name; empty unless ok
  std::optional<Error> error;         ///< set unless ok
  std::optional<ReplyFacts> reply;    ///< of the last reply, if one came
  /// Sentences about what was out of the ordinary on the way, safe to print: what the server could not do
  /// and how it was asked then, what of its reply was malformed and where. At most `remarks_max`.
  std::vector<std::string> remarks;
  std::vector<wire::Record> authorities;  ///< of the reply, if the lookup wants it whole
  std::vector<wire::Record> additional;   ///< likewise
  static constexpr std::size_t remarks_max = 12;
};

/// A stub resolver as a pure machine: per-type answers, UDP then TCP, cache, hosts, search list.
///
/// It opens no socket: outputs ask for that. Each UDP query goes out on a datagram socket of its own,
/// which the driver binds to a fresh random port and connects to the server (RFC 5452).
class Resolver {
 public:
  struct Options {
    Duration timeout_initial = std::chrono::seconds(2);
    Duration timeout_min = std::chrono::milliseconds(250);
    Duration timeout_max = std::chrono::seconds(5);
    unsigned tries_max = 3;                              ///< per server
    Duration lookup_timeout = std::chrono::seconds(15);  ///< a lookup ends by then whatever happens
    Duration server_parked = std::chrono::seconds(5);
    /// Until a server that has not answered a question with EDNS yet is asked without.
    Duration edns_patience = std::chrono::milliseconds(500);
    unsigned mismatches_max = 10;  ///< then the query moves to TCP
    std::size_t chain_max = 16;    ///< CNAME links
    std::size_t cache_bytes_max = 1 << 20;
    Duration ttl_max = std::chrono::hours(24);
    Duration negative_ttl_max = std::chrono::minutes(5);
    Duration stale_max = std::chrono::hours(24);
    std::size_t lookups_max = 4096;  ///< running at once; more are limit_exceeded
    std::size_t types_max = 16;      ///< in one lookup
    Duration search_patience =
        std::chrono::milliseconds(500);  ///< for the other types, once one has failed
    std::size_t stream_idle_max = 1;     ///< idle TCP connections kept per server
    Duration stream_idle_timeout = std::chrono::seconds(10);
    TraceFlag trace = nullptr;  ///< TraceNote outputs are made
  };
  Resolver(Options options, Random& random);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  using LookupId = std::uint64_t;
  using SocketId = std::uint64_t;

  struct Lookup {
    std::string name;  ///< as the user wrote it; a trailing dot makes it absolute
    std::vector<wire::RecordType>
        types;  ///< asked together, in this order; each is answered by itself
    ResolverScope scope = 0;
    bool allow_stale = false;
    bool use_cache = true;  ///< and the hosts file
    bool use_search = true;
    std::optional<SocketAddress> server = {};  ///< ask this one and no other
    /// Off: the server says what it knows itself; a referral counts as an answer, and CNAMEs are not
    /// followed.
    bool recursion = true;
    bool whole_reply = false;  ///< answers have the other sections too
  };

  // Commands.
  /// Takes over a configuration; lookups that run keep their servers, the cache of changed scopes is dropped.
  void configure(ResolverConfig config, Instant now);
  /// Whom lookups in a scope ask; none if the scope is not known.
  [[nodiscard]] std::vector<SocketAddress> servers_of(ResolverScope scope) const;
  /// Answers come as outputs, each type once final. errors: invalid_argument or malformed for a name
  /// that cannot be asked, resolution_failed if the scope has no server, limit_exceeded.
  [[nodiscard]] Result<LookupId> start_lookup(Lookup lookup, Instant now);
  /// No further output for this lookup; queries that others share go on.
  void cancel_lookup(LookupId id, Instant now);
  /// Drops the answers of one scope: its servers are reached in another way, and may say something else.
  /// Queries that run are not shared with later lookups, and their answers are not kept.
  void flush_cache(ResolverScope scope, Instant now);

  // Inputs. Ids that are gone are ignored.
  void handle_datagram(SocketId socket, std::span<const std::byte> bytes, Instant now);
  void handle_datagram_failure(SocketId socket, const Error& error, Instant now);
  void handle_stream_open(SocketId socket, Instant now);
  void handle_stream_data(SocketId socket, std::span<const std::byte> bytes, Instant now);
  /// The peer ended or broke the stream, or it could not be opened; the id is gone afterwards.
  void handle_stream_failure(SocketId socket, const Error& error, Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  // Outputs.
  /// Open a datagram socket connected to `server` and send `bytes` on it. Comes again with the same id
  /// to repeat.
  struct SendDatagram {
    SocketId socket;
    SocketAddress server;
    std::uint32_t interface_index;
    std::vector<std::byte> bytes;
  };
  struct OpenStream {
    SocketId socket;
    SocketAddress server;
    std::uint32_t interface_index;
  };
  /// Bytes carry the two-octet length already.
  struct SendStream {
    SocketId socket;
    std::vector<std::byte> bytes;
  };
  struct CloseSocket {
    SocketId socket;
  };  ///< datagram or stream; nothing more is taken from it
  struct Answered {
    LookupId lookup;
    Answer answer;
  };
  using Output =
      std::variant<SendDatagram, OpenStream, SendStream, CloseSocket, Answered, TraceNote>;
  [[nodiscard]] std::optional<Output> poll();
  /// A driver that was interrupted, as by a lack of memory, has to poll before it goes on.
  [[nodiscard]] bool has_output() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bowline::core
