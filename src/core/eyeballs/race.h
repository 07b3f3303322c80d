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
#include "core/eyeballs/attempts/history.h"
#include "core/eyeballs/order/policy_table.h"
#include "core/trace/event.h"

namespace bowline::core {

/// What a candidate speaks up to its top protocol. A race knows how to order them, not how they
/// work.
enum class CandidateProtocol : std::uint8_t { tcp, udp, tls, quic };
[[nodiscard]] std::string_view to_string(CandidateProtocol protocol);

/// The record types a race asks for.
enum class RaceQuery : std::uint8_t { service, ipv6, ipv4 };

/// An address from an answer, with what the host says about reaching it.
struct RaceAddress {
  IpAddress address;
  std::optional<IpAddress> source;  ///< the host would send from here; none = no route
  bool source_deprecated = false;
};

/// One SVCB or HTTPS record in ServiceMode, made fit for racing.
struct RaceService {
  std::uint16_t priority = 1;
  std::string target;  ///< absolute, lower case, no trailing dot
  std::optional<std::uint16_t> port;
  std::vector<std::string> alpn;  ///< as in the record
  bool no_default_alpn = false;
  std::vector<std::byte> ech;  ///< an ECHConfigList, as it came (RFC 9848); empty = none
  bool usable = true;          ///< false: a mandatory key is unknown
  std::vector<RaceAddress> hints;
};

/// Answer to one query about one name.
struct RaceAnswer {
  std::string name;  ///< the name asked, lower case, no trailing dot
  RaceQuery query{};
  bool positive = false;        ///< addresses or services follow
  bool stale = false;           ///< a fresh answer to the same query follows
  bool secure_failure = false;  ///< service query failed although DNS is protected (draft: give up)
  std::vector<RaceAddress> addresses;
  std::vector<RaceService> services;
  std::optional<std::string> alias;  ///< AliasMode: look there instead
  std::optional<Error> error;        ///< why negative
};

/// Happy Eyeballs version 3 as a pure machine: which names to ask, which addresses to try, when,
/// and who won.
///
/// It resolves nothing and connects nothing: outputs ask for it, inputs report. A candidate is done
/// when its top protocol is ready.
///
///   idle --start--> resolving ---move on--> racing --ready--> won
///                    | Ask ...               | StartAttempt ...
///                    | answers, 50 ms        | one each 250 ms, or 10 ms after a failure;
///                    |                       | answers still come and re-sort the list
///                    '-----nothing left------'---------------> failed
///   cancel leads from idle, resolving and racing to cancelled.
///
/// Which file answers what: lookups (names and answers), service_order and destination_rank (what
/// comes first), move_on (may it begin), candidate_list (the order), pacing (when is the next),
/// attempts (what was tried).
///
/// source    draft-ietf-happy-happyeyeballs-v3; RFC 8305 where it is open; docs/decisions/0003
class Race {
 public:
  struct Options {
    Duration resolution_delay = std::chrono::milliseconds(50);
    Duration attempt_delay = std::chrono::milliseconds(250);
    Duration attempt_delay_min = std::chrono::milliseconds(100);
    Duration attempt_delay_max = std::chrono::seconds(2);
    /// The floor between any two starts; less than 10 ms counts as 10 ms.
    Duration attempt_spacing_min = std::chrono::milliseconds(10);
    /// Each attempt that still runs multiplies the delay by this.
    double attempt_delay_growth = 1.0;
    std::optional<Duration> attempt_timeout;  ///< one attempt's own limit; unset: only the stack's
    Family preferred_family = Family::ipv6;
    unsigned preferred_family_count = 1;
    std::size_t candidates_max = 64;  ///< addresses kept; what is beyond is counted and dropped
    std::size_t concurrent_max = 32;  ///< attempts at once; further starts wait
    std::size_t alias_chain_max = 8;
    std::size_t services_max = 16;  ///< service records of one name, by priority
    std::size_t names_max = 32;     ///< names asked for: aliases and targets of services
    /// Then the race has failed; unset: its owner cancels it.
    std::optional<Duration> race_timeout;
    /// What a handshake is given once its transport is up, before the next attempt starts; once.
    Duration security_extension = std::chrono::milliseconds(250);
    TraceFlag trace = nullptr;            ///< TraceNote outputs are made
    const PolicyTable* policy = nullptr;  ///< null = the RFC 6724 table; must outlive the race
  };

  /// What is raced towards.
  struct Target {
    std::string name;  ///< lower case; empty if `addresses` says it all
    std::uint16_t port = 0;
    std::vector<RaceAddress> addresses;        ///< literals: no query is sent
    std::vector<CandidateProtocol> protocols;  ///< in order of preference; at least one
    bool query_service = false;                ///< ask HTTPS/SVCB first
    bool ask_ipv6 = true;                      ///< the network has usable IPv6
    bool ask_ipv4 = true;                      ///< usable IPv4, or a NAT64 prefix is known
    std::optional<IpPrefix> nat64_prefix;      ///< PREF64
    bool dns_protected = false;
    bool require_ech = false;
    std::vector<std::string> alpn;  ///< what the application speaks; empty = does not care
  };

  using AttemptId = std::uint32_t;  ///< 1, 2, 3 ... in the order of starting

  /// `history` and `random` outlive the race; history may be null.
  Race(Options options, Target target, const History* history, Random& random);
  ~Race();
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  // Commands.
  void start(Instant now);
  /// Ends without a result: every attempt and query is dropped, and neither Won nor Failed comes.
  void cancel(Instant now);

  // Inputs. What concerns an ended attempt or query is ignored.
  void handle_answer(RaceAnswer answer, Instant now);
  /// The transport below a handshake is connected (TCP under TLS).
  void handle_progress(AttemptId attempt, Instant now);
  /// The attempt's top protocol is ready.
  void handle_ready(AttemptId attempt, Instant now);
  void handle_attempt_failure(AttemptId attempt, Error error, Instant now);
  /// Addresses whose source has gone: running attempts from it fail over at once.
  void handle_source_lost(const IpAddress& source, Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;

  // Outputs. Won or Failed is the last of all, after every CancelAttempt and StopAsking.
  /// Ask for `name` (service first, then ipv6, then ipv4, as listed); answer each with
  /// handle_answer.
  struct Ask {
    std::string name;
    std::vector<RaceQuery> queries;
  };
  struct StartAttempt {
    AttemptId attempt;
    SocketAddress remote;
    CandidateProtocol protocol;
    std::string
        target;  ///< service target, for the server name rules of SVCB; the name itself otherwise
    std::shared_ptr<const RaceService> service =
        {};  ///< the record that led here; null if none did
  };
  /// Lost, failed by the race itself, or no longer wanted: close silently.
  struct CancelAttempt {
    AttemptId attempt;
    std::optional<Error> error = {};  ///< why it has failed
  };
  /// Queries still running may be cancelled, or left to fill the cache for a second.
  struct StopAsking {};
  struct Won {
    AttemptId attempt;
  };
  /// Nothing is left to try; the error lists every attempt.
  struct Failed {
    Error error;
  };
  using Output = std::variant<Ask, StartAttempt, CancelAttempt, StopAsking, Won, Failed, TraceNote>;
  [[nodiscard]] std::optional<Output> poll();
  /// A driver that was interrupted, as by a lack of memory, has to poll before it goes on.
  [[nodiscard]] bool has_output() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace bowline::core
