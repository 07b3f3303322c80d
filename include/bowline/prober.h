#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/operation.h>
#include <bowline/parameters.h>
#include <bowline/probe_reply.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace bowline::drive {
class Prober;
}

namespace BOWLINE_API bowline {

// clang-format off: a setter is one line
/// How to probe. A value; setters chain.
class ProbeOptions {
 public:
  /// It may pass so many routers less one, 1 to 255: who stops it answers. Unset: the system's.
  ProbeOptions& hop_limit(std::uint8_t value) { hop_limit_ = value; return *this; }
  /// Bytes behind the header; 56 unless set. Probes are never sent in fragments.
  ProbeOptions& payload_bytes(std::size_t value) { payload_bytes_ = value; return *this; }
  /// How long to wait for an answer; 1 s unless set.
  ProbeOptions& timeout(Duration value) { timeout_ = bounded(value); return *this; }
  [[nodiscard]] std::optional<std::uint8_t> hop_limit() const { return hop_limit_; }
  [[nodiscard]] std::size_t payload_bytes() const { return payload_bytes_; }
  [[nodiscard]] Duration timeout() const { return timeout_; }

 private:
  std::optional<std::uint8_t> hop_limit_;
  std::size_t payload_bytes_ = 56;
  Duration timeout_ = std::chrono::seconds(1);
};
// clang-format on

/// Sends single packets to see whether a host is there, how far it is, and who stands on the way: ICMP echo
/// where the system lets this user send it, otherwise UDP to ports that nobody uses. It needs no privilege.
///
/// thread    its loop's. Dropping it ends what waits.
class Prober {
 public:
  Prober(Prober&& other) noexcept;
  Prober& operator=(Prober&& other) noexcept;
  ~Prober();

  /// Of the parameters the interface, the source and the service class count.
  /// errors    address_unavailable for an interface that is not there; the system's
  [[nodiscard]] static Result<Prober> open(Loop& loop, Family family,
                                           const Parameters& parameters = {});
  /// ICMP echo; otherwise UDP, to which hosts that drop what they do not expect say nothing.
  [[nodiscard]] bool uses_echo() const;
  /// Sends one probe; gives its first answer, which may be a router's. Up to 1,024 may be on their way.
  /// errors    timed_out; invalid_argument for an address of the other family; limit_exceeded;
  ///           unreachable, message_too_large ... if this host knows at once
  [[nodiscard]] Operation<ProbeReply> probe(const IpAddress& to, const ProbeOptions& options = {});
  /// Called with every answer, also further ones to the same probe, as of a group. Does not keep Loop::run
  /// going.
  void on_reply(std::move_only_function<void(const ProbeReply&)> handler);

 private:
  explicit Prober(drive::Prober& core);
  drive::Prober* core_ = nullptr;
};

}  // namespace BOWLINE_API bowline
