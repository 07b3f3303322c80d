#pragma once

#include <bowline/detail/security_facts.h>
#include <bowline/path.h>
#include <bowline/report.h>
#include <bowline/resident.h>

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
};

struct Route::Facts {
  IpPrefix destination;
  std::optional<IpAddress> gateway;
  std::uint32_t interface_index = 0;
  std::uint32_t metric = 0;
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
