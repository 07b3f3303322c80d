#pragma once

#include <memory>

#include "linux/epoll_poller.h"
#include "linux/network_reader.h"
#include "linux/udp_socket.h"
#include "ports/network.h"

namespace bowline::linux_host {

/// The kernel's network. The snapshot is read again only after the kernel announced a change.
class KernelNetwork final : public ports::Network, public EventSource {
 public:
  KernelNetwork(EpollPoller& poller, ports::Files& files, BufferPool& pool)
      : poller_(poller), reader_(poller.system(), files), pool_(pool) {}
  ~KernelNetwork() override;
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

  /// The kernel announced changes.
  void handle_events(std::uint32_t events) override;

 private:
  void watch_changes();
  [[nodiscard]] bool change_is_announced() const;

  EpollPoller& poller_;
  NetworkReader reader_;
  BufferPool& pool_;
  Descriptor changes_;  // a netlink socket in the groups that announce them; closed: nobody does
  std::shared_ptr<const ports::NetworkSnapshot> snapshot_;
  bool stale_ = true;
  ports::NetworkObserver* observer_ = nullptr;
};

}  // namespace bowline::linux_host
