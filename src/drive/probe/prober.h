#pragma once

#include <bowline/address.h>
#include <bowline/parameters.h>
#include <bowline/probe_reply.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <bowline/detail/ref.h>
#include <bowline/detail/request.h>

#include "drive/datagram/udp_port.h"
#include "drive/loop/held_function.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

class Prober;

/// One probe and the wait for its answer.
class ProbeRequest final : public detail::Request<ProbeReply> {
 public:
  struct What {
    IpAddress to;
    std::optional<std::uint8_t> hop_limit;
    std::size_t payload_bytes = 56;
    Duration timeout = std::chrono::seconds(1);
  };
  ProbeRequest(detail::RequestQueue& loop, Prober& prober, What what);
  [[nodiscard]] const What& what() const { return what_; }

 private:
  friend class Prober;
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<Prober> prober_;
  const What what_;
  std::uint16_t sequence_ = 0;
  Instant deadline_{};
};

/// Sends probes of one family and tells their answers apart by a number that each carries.
class Prober final : public detail::RefCounted<Prober>, private UdpPort::Owner, public Resident {
 public:
  using Handler = HeldFunction<void(const ProbeReply&)>;

  Prober(Loop& loop, Family family);
  /// errors    address_unavailable for an interface that is not there; the system's
  [[nodiscard]] Result<void> open(const Parameters& parameters);
  void close();
  /// ICMP echo; otherwise UDP.
  [[nodiscard]] bool uses_echo() const { return uses_echo_; }
  void set_reply_handler(Handler::Function handler) { handler_.set(std::move(handler)); }
  [[nodiscard]] Loop& loop() { return *loop_; }

 private:
  friend RefCounted;
  friend class ProbeRequest;
  static constexpr std::size_t remembered_max = 1024;
  static constexpr std::uint16_t ports_first = 33'434;  // as traceroute's
  static constexpr std::uint16_t numbers_max = 30'000;
  struct Sent {
    std::uint16_t sequence;
    Instant at;
  };

  ~Prober();
  void start(ProbeRequest& request);
  void withdraw(ProbeRequest& request) noexcept;
  [[nodiscard]] Result<void> send(ProbeRequest& request);
  [[nodiscard]] std::vector<std::byte> packet_of(const ProbeRequest& request) const;
  void handle_port_readable() override;
  PacketSource* packets() override { return nullptr; }
  void receive_failures();
  void handle_failure(const ports::DatagramFailure& failure);
  void handle_run(const ports::ReceivedRun& run);
  [[nodiscard]] std::optional<std::uint16_t> sequence_in(std::span<const std::byte> header,
                                                         bool is_reply, std::uint16_t port) const;
  void settle(std::uint16_t sequence, ProbeReply::Facts&& facts);
  void expire();
  void set_timer();
  void handle_loop_gone() override { close(); }

  detail::Ref<Loop> loop_;
  const Family family_;
  detail::Ref<UdpPort> port_;
  bool uses_echo_ = true;
  std::uint16_t last_sequence_ = 0;
  std::map<std::uint16_t, ProbeRequest*> waiting_;
  std::deque<Sent> sent_;
  Handler handler_;
  MemberTimer<Prober, &Prober::expire> timer_{*this};
};

}  // namespace bowline::drive
