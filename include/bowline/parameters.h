#pragma once

#include <bowline/address.h>
#include <bowline/datagram_facts.h>
#include <bowline/export.h>
#include <bowline/path.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bowline::drive {
struct StackPlan;
}

namespace BOWLINE_API bowline {

class StreamConnection;
class DatagramConnection;

/// What a connection waits for when every candidate has failed. With all of them, an error that trying again
/// cannot mend ends it at once.
enum class Waiting : std::uint8_t {
  never,  ///< it fails with the first round
  /// Only while this host has no usable path; tries again when the local network changes, or at once if it
  /// changed meanwhile.
  for_network,
  for_peer,  ///< also while the peer refuses, is silent or has no name yet; tries again after a pause
};
[[nodiscard]] std::string to_string(Waiting waiting);

/// What the traffic is for. It sets the DSCP in the IP header and the priority in this host's own queues, by
/// the tables of RFC 8325: routers that heed them, and Wi-Fi, serve it accordingly; many networks do neither.
enum class ServiceClass : std::uint8_t {
  best_effort,  ///< the default: DSCP 0
  background,   ///< can wait: CS1
  video,        ///< interactive video: AF41
  voice,        ///< interactive voice: EF
  responsive,   ///< somebody waits for a little data: AF21
  signaling,    ///< sets up calls and the like: CS5
};
[[nodiscard]] std::string to_string(ServiceClass service_class);

/// Which of an interface's IPv6 addresses connections are made from (RFC 5014).
enum class AddressPreference : std::uint8_t {
  system,     ///< the system decides
  temporary,  ///< one that changes, against being tracked (RFC 8981)
  stable,     ///< one that stays, for long connections
};
[[nodiscard]] std::string to_string(AddressPreference preference);

// clang-format off: a setter is one line
/// How to reach a peer, apart from what is spoken: which network, how long, how eagerly. A value; setters
/// chain.
///
/// A setting that cannot be honoured fails whatever it is given to, with an error about it: an interface or
/// source that is not there with `address_unavailable`, a family that the system lacks or a parameter that
/// says nothing to a listener with `unsupported`.
class Parameters {
 public:
  Parameters() = default;

  /// What to wait for, in `waiting`, when every candidate failed; for the network unless set.
  Parameters& wait(Waiting value) { wait_ = value; return *this; }
  /// The whole establishment, waiting included, fails after this; after 60 s unless set. Where an attempt was
  /// still going on, with `timed_out` and the reason that was met before; else with what kept it waiting.
  Parameters& connect_within(Duration value) { connect_within_ = bounded(value); return *this; }
  /// No such limit: a connection that waits may do so for ever.
  Parameters& connect_without_limit() { connect_within_.reset(); return *this; }
  /// Use this interface only. errors at use: address_unavailable if there is none of that name.
  Parameters& interface(std::string name) { interface_ = std::move(name); return *this; }
  /// Use interfaces of this type only. This and the next five are about the whole way: names are asked of the
  /// servers of the interface that is used, and over it. Where several interfaces do, the one whose route is
  /// preferred is tried first, and then the others. Where none does, the connection waits for one, or fails
  /// with `unreachable`, whose message has every reason.
  Parameters& require(InterfaceType type) { required_type_ = type; return *this; }
  /// Do not use this type; may be called several times.
  Parameters& prohibit(InterfaceType type) { prohibited_types_.push_back(type); return *this; }
  /// Do not use the interface of this name; may be called several times.
  Parameters& prohibit_interface(std::string name) {
    prohibited_interfaces_.push_back(std::move(name));
    return *this;
  }
  /// Do not use what costs money; see Interface::is_expensive.
  Parameters& prohibit_expensive(bool value) { prohibit_expensive_ = value; return *this; }
  Parameters& prohibit_constrained(bool value) { prohibit_constrained_ = value; return *this; }
  /// Links that carry next to nothing, such as satellites', are used only if this is set.
  Parameters& allow_ultra_constrained(bool value) { allow_ultra_constrained_ = value; return *this; }
  /// Only peers on the links of this host, nobody beyond a router.
  Parameters& local_only(bool value) { local_only_ = value; return *this; }
  /// Names may not lead to this host, its links or private networks, whatever their owners say in DNS:
  /// against pages that make a browser talk to the devices of its owner's home. Addresses that are written
  /// out count as meant. A connection keeps the address that it was made to.
  Parameters& refuse_private_addresses(bool value) { refuse_private_addresses_ = value; return *this; }
  /// What the traffic is for. errors at use: unsupported, naming it, where the system cannot mark packets.
  Parameters& service_class(ServiceClass value) { service_class_ = value; return *this; }
  /// Which IPv6 address to send from, where an interface has several and `source` names none.
  Parameters& prefer_address(AddressPreference value) { address_preference_ = value; return *this; }
  /// Send from this address, and from this port unless 0.
  Parameters& source(IpAddress address, std::uint16_t port = 0) {
    source_ = address;
    source_port_ = port;
    return *this;
  }
  /// Addresses of one family only; the other is not even asked for. A listener is for this family alone,
  /// where one on the wildcard address without it takes both.
  Parameters& only(Family value) { only_family_ = value; return *this; }
  /// Which family is tried first when both work; IPv6 unless said otherwise.
  Parameters& prefer(Family value) { preferred_family_ = value; return *this; }
  /// Ask this DNS server and no other, and neither the cache nor the hosts file.
  Parameters& resolver(SocketAddress value) { resolver_ = value; return *this; }
  /// Use answers that have expired at once, and fresh ones as they come.
  Parameters& expired_answers(bool value) { expired_answers_ = value; return *this; }
  /// Share the local port with other sockets, and take it over from closed ones.
  Parameters& reuse_local_address(bool value) { reuse_local_address_ = value; return *this; }
  /// Bytes taken over from sends that the system has no room for; above it, sends complete only once written.
  /// 64 KiB unless said otherwise.
  Parameters& high_water_bytes(std::size_t value) { high_water_bytes_ = value; return *this; }
  /// Happy Eyeballs timers (draft-ietf-happy-happyeyeballs-v3).
  Parameters& resolution_delay(Duration value) { resolution_delay_ = bounded(value); return *this; }
  Parameters& attempt_delay(Duration value) { attempt_delay_ = bounded(value); return *this; }
  /// One address is given up after this, if the system has not done so before. Unset: the system decides.
  Parameters& attempt_timeout(Duration value) { attempt_timeout_ = bounded(value); return *this; }
  /// First and longest pause between tries while waiting for the peer: 1 s, doubled up to 60 s, unless set.
  Parameters& retry_delay(Duration first, Duration longest) {
    retry_delay_min_ = bounded(first);
    retry_delay_max_ = bounded(longest);
    return *this;
  }
  /// A closed connection that could not send everything is aborted after this.
  Parameters& close_within(Duration value) { close_within_ = bounded(value); return *this; }

  [[nodiscard]] Waiting wait() const { return wait_; }
  /// Empty = no limit.
  [[nodiscard]] std::optional<Duration> connect_within() const { return connect_within_; }
  [[nodiscard]] const std::string& interface() const { return interface_; }
  [[nodiscard]] std::optional<InterfaceType> required_type() const { return required_type_; }
  [[nodiscard]] const std::vector<InterfaceType>& prohibited_types() const { return prohibited_types_; }
  [[nodiscard]] const std::vector<std::string>& prohibited_interfaces() const {
    return prohibited_interfaces_;
  }
  [[nodiscard]] bool prohibit_expensive() const { return prohibit_expensive_; }
  [[nodiscard]] bool prohibit_constrained() const { return prohibit_constrained_; }
  [[nodiscard]] bool allow_ultra_constrained() const { return allow_ultra_constrained_; }
  [[nodiscard]] bool local_only() const { return local_only_; }
  [[nodiscard]] bool refuse_private_addresses() const { return refuse_private_addresses_; }
  [[nodiscard]] ServiceClass service_class() const { return service_class_; }
  [[nodiscard]] AddressPreference prefer_address() const { return address_preference_; }
  [[nodiscard]] std::optional<IpAddress> source() const { return source_; }
  [[nodiscard]] std::uint16_t source_port() const { return source_port_; }
  [[nodiscard]] std::optional<Family> only() const { return only_family_; }
  [[nodiscard]] Family prefer() const { return preferred_family_; }
  [[nodiscard]] std::optional<SocketAddress> resolver() const { return resolver_; }
  [[nodiscard]] bool expired_answers() const { return expired_answers_; }
  [[nodiscard]] bool reuse_local_address() const { return reuse_local_address_; }
  [[nodiscard]] std::size_t high_water_bytes() const { return high_water_bytes_; }
  [[nodiscard]] Duration resolution_delay() const { return resolution_delay_; }
  [[nodiscard]] Duration attempt_delay() const { return attempt_delay_; }
  [[nodiscard]] std::optional<Duration> attempt_timeout() const { return attempt_timeout_; }
  [[nodiscard]] Duration retry_delay_min() const { return retry_delay_min_; }
  [[nodiscard]] Duration retry_delay_max() const { return retry_delay_max_; }
  [[nodiscard]] Duration close_within() const { return close_within_; }
  friend bool operator==(const Parameters&, const Parameters&) = default;

 private:
  Waiting wait_ = Waiting::for_network;
  bool expired_answers_ = false;
  bool reuse_local_address_ = false;
  Family preferred_family_ = Family::ipv6;
  std::optional<Family> only_family_;
  bool prohibit_expensive_ = false;
  bool prohibit_constrained_ = false;
  bool allow_ultra_constrained_ = false;
  bool local_only_ = false;
  bool refuse_private_addresses_ = false;
  ServiceClass service_class_ = ServiceClass::best_effort;
  AddressPreference address_preference_ = AddressPreference::system;
  std::optional<InterfaceType> required_type_;
  std::uint16_t source_port_ = 0;
  std::optional<IpAddress> source_;
  std::optional<SocketAddress> resolver_;
  std::string interface_;
  std::vector<InterfaceType> prohibited_types_;
  std::vector<std::string> prohibited_interfaces_;
  std::size_t high_water_bytes_ = 64 * 1024;
  std::optional<Duration> connect_within_ = std::chrono::seconds(60);
  std::optional<Duration> attempt_timeout_;
  Duration resolution_delay_ = std::chrono::milliseconds(50);
  Duration attempt_delay_ = std::chrono::milliseconds(250);
  Duration retry_delay_min_ = std::chrono::seconds(1);
  Duration retry_delay_max_ = std::chrono::seconds(60);
  Duration close_within_ = std::chrono::seconds(30);
};
// clang-format on

// clang-format off: a setter is one line
/// TCP as a stack, `tcp()`, with its options: `tcp().no_delay(false)`.
class TcpOptions {
 public:
  /// Send small writes at once (no Nagle); the default.
  TcpOptions& no_delay(bool value) { no_delay_ = value; return *this; }
  /// Probe an idle peer: first after `idle`, then every `interval`, and give up after `count` unanswered.
  TcpOptions& keep_alive(Duration idle, Duration interval, unsigned count) {
    keep_alive_ = KeepAlive{idle, interval, count};
    return *this;
  }
  /// Give up when sent data stays unacknowledged for this long (TCP_USER_TIMEOUT).
  TcpOptions& user_timeout(Duration value) { user_timeout_ = value; return *this; }
  /// Segments carry at most so many bytes: 88 to 32,767. Unset: what the interface's MTU allows.
  TcpOptions& max_segment_bytes(std::uint32_t value) { max_segment_bytes_ = value; return *this; }
  /// The first bytes go with the SYN, where this host met the peer before and it allows that (RFC 7413): such
  /// bytes may arrive twice, so they should do no harm then.
  TcpOptions& fast_open(bool value) { fast_open_ = value; return *this; }
  /// Send no faster than so many bytes a second, spread evenly.
  TcpOptions& pacing_bytes_per_second(std::uint64_t value) { pacing_bytes_per_second_ = value; return *this; }
  /// What is sent passes this many routers less one; 1 to 255. Unset: the system's.
  TcpOptions& hop_limit(std::uint8_t value) { hop_limit_ = value; return *this; }
  /// Multipath TCP (RFC 8684): one connection over several interfaces, if the peer speaks it, too; else plain
  /// TCP. Over which, and in which order, is the system's setting (`ip mptcp`).
  TcpOptions& multipath(bool value) { multipath_ = value; return *this; }
  /// Fixed sizes of the system's own buffers, instead of its tuning.
  TcpOptions& send_buffer_bytes(std::size_t value) { send_buffer_bytes_ = value; return *this; }
  TcpOptions& receive_buffer_bytes(std::size_t value) { receive_buffer_bytes_ = value; return *this; }

  struct KeepAlive {
    Duration idle;
    Duration interval;
    unsigned count;
    friend bool operator==(const KeepAlive&, const KeepAlive&) = default;
  };
  [[nodiscard]] bool no_delay() const { return no_delay_; }
  [[nodiscard]] const std::optional<KeepAlive>& keep_alive() const { return keep_alive_; }
  [[nodiscard]] std::optional<Duration> user_timeout() const { return user_timeout_; }
  [[nodiscard]] std::optional<std::uint32_t> max_segment_bytes() const { return max_segment_bytes_; }
  [[nodiscard]] bool fast_open() const { return fast_open_; }
  [[nodiscard]] std::optional<std::uint64_t> pacing_bytes_per_second() const {
    return pacing_bytes_per_second_;
  }
  [[nodiscard]] std::optional<std::uint8_t> hop_limit() const { return hop_limit_; }
  [[nodiscard]] bool multipath() const { return multipath_; }
  [[nodiscard]] std::optional<std::size_t> send_buffer_bytes() const { return send_buffer_bytes_; }
  [[nodiscard]] std::optional<std::size_t> receive_buffer_bytes() const { return receive_buffer_bytes_; }
  friend bool operator==(const TcpOptions&, const TcpOptions&) = default;

  using connection_type = StreamConnection;
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const;

 private:
  bool no_delay_ = true;
  bool fast_open_ = false;
  bool multipath_ = false;
  std::optional<std::uint8_t> hop_limit_;
  std::optional<std::uint32_t> max_segment_bytes_;
  std::optional<KeepAlive> keep_alive_;
  std::optional<Duration> user_timeout_;
  std::optional<std::uint64_t> pacing_bytes_per_second_;
  std::optional<std::size_t> send_buffer_bytes_;
  std::optional<std::size_t> receive_buffer_bytes_;
};
// clang-format on

// clang-format off: a setter is one line
/// UDP as a stack, `udp()`, with its options.
class UdpOptions {
 public:
  /// A listener forgets a flow that was silent for this long.
  UdpOptions& idle_timeout(Duration value) { idle_timeout_ = bounded(value); return *this; }
  /// Datagrams kept for a flow nobody receives from, 256 KiB of them at the most; the oldest are dropped
  /// beyond it.
  UdpOptions& queue_max(std::size_t datagrams) { queue_max_ = datagrams; return *this; }
  /// The socket's receive buffer; bursts beyond it are lost.
  UdpOptions& receive_buffer_bytes(std::size_t value) { receive_buffer_bytes_ = value; return *this; }
  /// What is sent passes this many routers less one (IPv4: time to live); 1 to 255. Unset: the system's.
  UdpOptions& hop_limit(std::uint8_t value) { hop_limit_ = value; return *this; }
  /// What is sent says this about congestion; `ect0` promises that this program heeds marks.
  UdpOptions& ecn(Ecn value) { ecn_ = value; return *this; }
  /// True, the default: a message too large for one packet fails with message_too_large. False: it goes in
  /// fragments, of which one that is lost loses all.
  UdpOptions& dont_fragment(bool value) { dont_fragment_ = value; return *this; }
  /// Fill in datagram_facts() of what is received: ECN, hop limit and interface. Costs a little each time.
  UdpOptions& receive_facts(bool value) { receive_facts_ = value; return *this; }

  [[nodiscard]] Duration idle_timeout() const { return idle_timeout_; }
  [[nodiscard]] std::size_t queue_max() const { return queue_max_; }
  [[nodiscard]] std::size_t receive_buffer_bytes() const { return receive_buffer_bytes_; }
  [[nodiscard]] std::optional<std::uint8_t> hop_limit() const { return hop_limit_; }
  [[nodiscard]] Ecn ecn() const { return ecn_; }
  [[nodiscard]] bool dont_fragment() const { return dont_fragment_; }
  [[nodiscard]] bool receive_facts() const { return receive_facts_; }
  friend bool operator==(const UdpOptions&, const UdpOptions&) = default;

  using connection_type = DatagramConnection;
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const;

 private:
  Duration idle_timeout_ = std::chrono::minutes(5);
  std::size_t queue_max_ = 256;
  std::size_t receive_buffer_bytes_ = 4 * 1024 * 1024;
  std::optional<std::uint8_t> hop_limit_;
  Ecn ecn_ = Ecn::not_ect;
  bool dont_fragment_ = true;
  bool receive_facts_ = false;
};
// clang-format on

}  // namespace BOWLINE_API bowline
