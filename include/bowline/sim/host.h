#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/export.h>
#include <bowline/sim/link.h>
#include <bowline/time.h>

namespace bowline {
namespace BOWLINE_API sim {

class Network;

enum class Medium : std::uint8_t { wired, wifi, cellular, tunnel, other };

/// How an interface is attached.
class AttachOptions {
 public:
  AttachOptions() = default;
  AttachOptions& medium(Medium medium);
  /// The interface's own MTU, which the host knows; 1500 unless told, at least 1280.
  AttachOptions& mtu(std::size_t packet_bytes_max);
  /// Both directions of the link between the interface and its network.
  AttachOptions& link(const LinkOptions& both);
  AttachOptions& link(const LinkOptions& outgoing, const LinkOptions& incoming);
  /// Whether the interface gets default routes for the families it has addresses of; yes unless told.
  AttachOptions& default_route(bool wanted);
  /// Of all default routes the one with the least metric is used; 100, 200, ... in order of attaching
  /// unless told.
  AttachOptions& metric(std::uint32_t metric);
  /// The host's system knows that what goes over it costs money, or that little shall be sent over it.
  AttachOptions& expensive(bool value);
  AttachOptions& constrained(bool value);

  [[nodiscard]] Medium medium() const { return medium_; }
  [[nodiscard]] std::size_t mtu() const { return mtu_; }
  [[nodiscard]] const LinkOptions& outgoing() const { return outgoing_; }
  [[nodiscard]] const LinkOptions& incoming() const { return incoming_; }
  [[nodiscard]] bool default_route() const { return default_route_; }
  [[nodiscard]] std::uint32_t metric() const { return metric_; }
  [[nodiscard]] bool expensive() const { return expensive_; }
  [[nodiscard]] bool constrained() const { return constrained_; }

 private:
  Medium medium_ = Medium::wired;
  std::size_t mtu_ = 1500;
  LinkOptions outgoing_;
  LinkOptions incoming_;
  bool default_route_ = true;
  std::uint32_t metric_ = 0;
  bool expensive_ = false;
  bool constrained_ = false;
};

/// One interface of a host, and its link to a network. Every change is told to the loops on the host.
class Interface {
 public:
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::uint32_t index() const;

  /// Administratively up or down. A down interface sends and receives nothing; addresses and routes stay.
  void set_up(bool up);
  /// The carrier: cable in or out, associated or not. Without it the interface behaves as if it were down.
  void set_running(bool running);
  [[nodiscard]] bool is_usable() const;

  /// `192.0.2.10/24` or `2001:db8::10/64`, with the route to its prefix.
  void add_address(std::string_view address);
  /// `192.0.2.10`; packets of connections that use it vanish from now on.
  void remove_address(std::string_view address);
  /// RFC 4862: still works, but is not chosen for new connections if there is another.
  void set_deprecated(std::string_view address, bool deprecated);

  /// The network becomes one that costs, or that shall be spared, or is that no more.
  void set_expensive(bool expensive);
  void set_constrained(bool constrained);
  /// Goes to another network with all its addresses, as to another access point; packets that are on
  /// their way to it get lost there. Those addresses must be free in the new one.
  void roam(Network& network);

  /// Hold for packets sent from now on. Those to the host's own addresses go out and in by `lo`.
  void set_link(const LinkOptions& both);
  void set_outgoing(const LinkOptions& options);
  void set_incoming(const LinkOptions& options);

  class Body;
  explicit Interface(std::unique_ptr<Body> body);
  ~Interface();
  [[nodiscard]] Body& body() { return *body_; }
  [[nodiscard]] const Body& body() const { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

/// Limits and habits of a host's system.
class HostOptions {
 public:
  HostOptions() = default;
  /// How often an unanswered SYN is sent again: after 1, 2, 4 ... seconds. 6 unless told, as on Linux.
  HostOptions& syn_retries(unsigned count_max);
  /// TCP, UDP and listening sockets together; opening more, or a file then, fails with resources_exhausted.
  /// 4096 unless told.
  HostOptions& sockets(std::size_t count_max);

  [[nodiscard]] unsigned syn_retries() const { return syn_retries_max_; }
  [[nodiscard]] std::size_t sockets() const { return sockets_max_; }

 private:
  unsigned syn_retries_max_ = 6;
  std::size_t sockets_max_ = 4096;
};

/// What is wrong with a host's disk. Nothing is ever half written, on which programs may rely.
enum class StoreFault : std::uint8_t { none, disk_full, no_permission };

/// A machine on the network. It has a loopback interface `lo`, and those attached.
///
/// thread    all of a simulation lives on one thread
class Host {
 public:
  [[nodiscard]] const std::string& name() const;

  /// Adds an interface with addresses: `attach(internet, "eth0", {"192.0.2.10/24", "2001:db8::10/64"})`.
  Interface& attach(Network& network, std::string name,
                    std::initializer_list<std::string_view> addresses,
                    const AttachOptions& options = AttachOptions());
  /// The interface of that name, which must exist.
  [[nodiscard]] Interface& interface(std::string_view name);

  /// A route out of an interface, beside those of its addresses; length 0 is a default route.
  void add_route(std::string_view prefix, const Interface& out, std::uint32_t metric = 0);
  /// Takes away every route to exactly this prefix out of the interface.
  void remove_route(std::string_view prefix, const Interface& out);

  /// What the library reads from files: `/etc/resolv.conf`, `/etc/hosts`.
  void write_file(std::string_view path, std::string_view text);
  void remove_file(std::string_view path);
  /// A variable of the environment of the programs on this host: `https_proxy`. Empty: as if it were not set.
  void set_variable(std::string_view name, std::string_view value);
  /// From now on, until told otherwise, for the files that the library keeps.
  void set_store_fault(StoreFault fault);

  /// What the host's clock says from now on: it may jump either way. At first every simulation starts on
  /// 1 January 2026, 00:00 UTC.
  void set_wall_time(std::chrono::sys_time<std::chrono::nanoseconds> time);

  /// Sends a signal, as SIGINT for ctrl-C, to every loop on this host that has waited for it (Loop::signal);
  /// nothing happens to the others.
  void send_signal(int signal);

  class Body;
  explicit Host(std::unique_ptr<Body> body);
  ~Host();
  [[nodiscard]] Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

}  // namespace sim
}  // namespace bowline
