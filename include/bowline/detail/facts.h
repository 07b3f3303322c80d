#pragma once

#include <bowline/detail/security_facts.h>
#include <bowline/multicast.h>
#include <bowline/path.h>
#include <bowline/probe_reply.h>
#include <bowline/report.h>
#include <bowline/resident.h>
#include <bowline/transfer_report.h>

// What the values of report.h, path.h and resident.h are made of: for the library, and for tests that make
// such values by hand. They may change with every version.

namespace bowline {

struct ResolvedRecord::Facts {
  std::string data;
  std::optional<IpAddress> address;
  std::uint32_t ttl_seconds = 0;
  std::string name;
  std::string type;
};

struct Resolution::Facts {
  std::string name;
  std::string type;
  ResolutionSource source{};
  ResolverTransport transport{};
  std::optional<SocketAddress> server;
  Duration started{};
  Duration duration{};
  ResolutionStatus status{};
  bool stale = false;
  std::vector<ResolvedRecord> records;
  std::vector<std::string> answers;
  std::vector<IpAddress> addresses;
  std::string canonical_name;
  std::uint32_t ttl_seconds = 0;
  std::optional<Error> error;
  std::string response_code;
  std::string flags;
  std::string edns;
  bool referral = false;
  std::vector<std::string> remarks;
  std::size_t records_left_out = 0;
  std::vector<ResolvedRecord> authorities;
  std::vector<ResolvedRecord> additional;
};

struct Attempt::Facts {
  std::string id;
  SocketAddress remote;
  std::string protocol;
  Duration started{};
  std::optional<Duration> ended;
  AttemptOutcome outcome = AttemptOutcome::running;
  std::optional<Error> error;
  std::optional<SecurityReport> security;
};

struct Handshake::Facts {
  std::string protocol;
  Duration duration{};
  std::optional<Duration> rtt;
  std::vector<std::pair<std::string, std::string>> details;
  std::optional<SecurityReport> security = {};
};

struct Report::Facts {
  std::string id;
  Endpoint endpoint;
  std::vector<std::string> stack;
  std::optional<SocketAddress> remote;
  std::optional<SocketAddress> local;
  std::string interface;
  Duration total{};
  std::size_t previous_attempts = 0;
  std::vector<Resolution> resolutions;
  std::vector<Attempt> attempts;
  std::vector<Handshake> handshakes;
  std::optional<Error> error;
};

struct InterfaceAddress::Facts {
  IpPrefix prefix;
  IpAddress address;
  bool deprecated = false;
  bool temporary = false;
  bool tentative = false;
};

struct Interface::Facts {
  std::uint32_t index = 0;
  std::string name;
  InterfaceType type = InterfaceType::other;
  bool up = false;
  bool running = false;
  std::uint32_t mtu = 0;
  std::vector<InterfaceAddress> addresses;
  bool expensive = false;
  bool constrained = false;
  bool ultra_constrained = false;
  std::vector<SocketAddress> dns_servers = {};
  std::vector<std::string> dns_domains = {};
  std::optional<IpPrefix> nat64_prefix = {};
};

struct Route::Facts {
  IpPrefix destination;
  std::optional<IpAddress> gateway;
  std::uint32_t interface_index = 0;
  std::uint32_t metric = 0;
};

struct UnsatisfiedReason::Facts {
  PathProblem problem{};
  std::string interface;
};

struct Path::Facts {
  bool satisfied = false;
  bool supports_ipv4 = false;
  bool supports_ipv6 = false;
  bool supports_dns = false;
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
  std::vector<SocketAddress> dns_servers;
  std::vector<std::string> search_domains;
  std::vector<UnsatisfiedReason> unsatisfied_reasons = {};
};

struct DataTransferReport::Facts {
  std::string interface;
  Duration duration{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_acknowledged = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_retransmitted = 0;
  std::uint64_t duplicates_reported = 0;
  std::uint64_t packets_out_of_order = 0;
  std::uint64_t reorderings_seen = 0;
  std::optional<Duration> smoothed_rtt;
  std::optional<Duration> minimum_rtt;
  std::optional<Duration> rtt_variance;
};

struct GroupMessage::Facts {
  Message message;
  SocketAddress sender;
  IpAddress local;  ///< our address to answer from; unspecified: the system chooses
  IpAddress destination;
  std::uint32_t interface_index = 0;
};

struct ProbeReply::Facts {
  ProbeOutcome outcome{};
  std::optional<IpAddress> from;
  Duration round_trip{};
  std::optional<std::uint8_t> hop_limit;
};

struct ResidentSnapshot::Facts {
  std::string id;
  ResidentKind kind{};
  std::string state;
  std::string endpoint;
  std::vector<std::string> stack;
  Duration age{};
};

}  // namespace bowline
