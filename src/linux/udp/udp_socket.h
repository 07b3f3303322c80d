#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer_pool.h"
#include "linux/poll/observed_socket.h"
#include "linux/udp/udp_options.h"
#include "ports/datagram_socket.h"

namespace bowline::linux_host {

class IncomingMessage;

/// A UDP socket: one sendmsg with UDP_SEGMENT for each run, and UDP_GRO for what comes.
class UdpSocket final : public ports::DatagramSocket, public ObservedSocket {
 public:
  [[nodiscard]] static Result<std::unique_ptr<UdpSocket>> open(
      EpollPoller& poller, BufferPool& pool, const ports::DatagramOptions& options,
      ports::SocketObserver& observer);

  void observe(ports::SocketObserver& observer) override { set_observer(observer); }
  [[nodiscard]] Result<std::size_t> send(std::span<const ports::DatagramRun> runs) override;
  [[nodiscard]] Result<std::size_t> receive(std::span<ports::ReceivedRun> into) override;
  [[nodiscard]] std::optional<ports::DatagramFailure> take_failure() override;
  [[nodiscard]] Result<void> join(const ports::Membership& membership) override;
  [[nodiscard]] Result<void> leave(const ports::Membership& membership) override;
  [[nodiscard]] SocketAddress local_address() const override;
  [[nodiscard]] std::size_t datagram_bytes_max(const SocketAddress& remote) const override;
  [[nodiscard]] ports::DatagramOffload offload() const override;
  [[nodiscard]] std::uint64_t receive_drops() const override;

 private:
  /// Runs that go to the kernel in one call.
  static constexpr std::size_t batch_runs_max = 16;

  UdpSocket(EpollPoller& poller, BufferPool& pool, Descriptor descriptor,
            const ports::DatagramOptions& options, ports::SocketObserver& observer);

  /// What the network reported of earlier datagrams.
  struct NetworkNews {
    int error = 0;  // an errno, or 0
    bool narrower_path = false;
    bool went_to_failures = false;  // the owner hears of it by take_failure(), and only there
  };
  using Failures = std::deque<ports::DatagramFailure>;
  /// What went out of a run before the socket was full, when it must go datagram by datagram.
  struct PartialRun {
    SocketAddress remote;
    IpAddress local;
    std::size_t segment_bytes;
    std::vector<std::byte> sent;
  };

  // These give an errno, or 0; they count runs in `taken` or `count`.
  [[nodiscard]] int send_runs(std::span<const ports::DatagramRun> runs, std::size_t& taken);
  [[nodiscard]] int send_batch(std::span<const ports::DatagramRun> runs, std::size_t& taken);
  [[nodiscard]] int send_segments(const ports::DatagramRun& run, std::size_t& taken);
  [[nodiscard]] int receive_runs(std::span<ports::ReceivedRun> into, std::size_t& count);
  [[nodiscard]] int receive_one(ports::ReceivedRun& into);
  [[nodiscard]] NetworkNews take_network_news();
  void keep_failure(IncomingMessage& message, int error, std::span<const std::byte> bytes);
  [[nodiscard]] UdpSetup setup() const { return {system(), fd(), family_, dual_stack_}; }
  [[nodiscard]] std::size_t take_partial(const ports::DatagramRun& run);
  void report_error_later(int network_error);

  BufferPool& pool_;
  const Family family_;
  const bool connected_ : 1;
  const bool dual_stack_ : 1;
  const std::uint8_t dscp_;
  const bool may_fragment_ : 1;
  const bool receives_runs_ : 1;
  bool segments_in_kernel_ : 1 = true;
  int deferred_errno_ = 0;  // of the network: who comes first hears of it
  IpAddress local_;         // of a connected socket
  std::unique_ptr<PartialRun> partial_;
  std::unique_ptr<Failures> failures_;  // null unless wanted
};

}  // namespace bowline::linux_host
