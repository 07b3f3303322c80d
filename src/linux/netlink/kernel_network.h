#pragma once

#include <memory>

#include "linux/netlink/change_socket.h"
#include "linux/netlink/network_reader.h"
#include "linux/poll/epoll_poller.h"
#include "linux/udp/udp_socket.h"
#include "ports/network.h"

namespace bowline::linux_host {

/// The kernel's network. The snapshot is read again only after the kernel announced a change.
class KernelNetwork final : public ports::Network, private ports::SocketObserver {
 public:
  KernelNetwork(EpollPoller& poller, ports::Files& files, BufferPool& pool)
      : poller_(poller), reader_(poller.system(), files), pool_(pool) {}
  ~KernelNetwork() override = default;
  KernelNetwork(const KernelNetwork&) = delete;
  KernelNetwork& operator=(const KernelNetwork&) = delete;

  [[nodiscard]] Result<std::shared_ptr<const ports::NetworkSnapshot>> snapshot() override;
  void observe(ports::NetworkObserver* observer) override;
  [[nodiscard]] std::optional<ports::SourceAddress> source_for(
      const IpAddress& destination, std::uint32_t interface_index) override;
  [[nodiscard]] Result<ports::Connecting> connect(const SocketAddress& remote,
                                                  const ports::Binding& binding,
                                                  const ports::StreamOptions& options,
                                                  ports::SocketObserver& observer) override;
  [[nodiscard]] Result<std::unique_ptr<ports::StreamListener>> listen(
      const SocketAddress& local, const ports::ListenOptions& options,
      ports::SocketObserver& observer) override;
  [[nodiscard]] Result<std::unique_ptr<ports::DatagramSocket>> open_datagram(
      const ports::DatagramOptions& options, ports::SocketObserver& observer) override;

 private:
  void watch_changes();
  /// The kernel announced changes.
  void handle_readiness(ports::Readiness readiness) override;

  EpollPoller& poller_;
  NetworkReader reader_;
  BufferPool& pool_;
  std::unique_ptr<ChangeSocket> changes_;  // null: nobody announces them
  std::shared_ptr<const ports::NetworkSnapshot> snapshot_;
  bool stale_ = true;
  ports::NetworkObserver* observer_ = nullptr;
};

}  // namespace bowline::linux_host
