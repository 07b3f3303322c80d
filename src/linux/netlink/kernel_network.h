#pragma once

#include <memory>

#include "linux/netlink/change_socket.h"
#include "linux/netlink/network_reader.h"
#include "linux/netlink/settings_watch.h"
#include "linux/poll/epoll_poller.h"
#include "linux/udp/udp_socket.h"
#include "ports/network.h"

namespace bowline::linux_host {

/// The kernel's network. The snapshot is read again only after the kernel announced a change.
class KernelNetwork final : public ports::Network, private ports::SocketObserver {
 public:
  KernelNetwork(EpollPoller& poller, ports::Files& files, BufferPool& pool)
      : poller_(poller), files_(files), reader_(poller.system(), files), pool_(pool) {}
  ~KernelNetwork() override = default;
  KernelNetwork(const KernelNetwork&) = delete;
  KernelNetwork& operator=(const KernelNetwork&) = delete;

  [[nodiscard]] Result<std::shared_ptr<const ports::NetworkSnapshot>> snapshot() override;
  void observe(ports::NetworkObserver* observer) override;
  void watch_settings() override;
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

  /// Hears of the settings, which are other files than the network's socket.
  class SettingsObserver final : public ports::SocketObserver {
   public:
    explicit SettingsObserver(KernelNetwork& owner) : owner_(owner) {}
    void handle_readiness(ports::Readiness /*readiness*/) override { owner_.handle_settings(); }

   private:
    KernelNetwork& owner_;
  };
  void handle_settings();
  [[nodiscard]] std::uint64_t settings_version();

  EpollPoller& poller_;
  ports::Files& files_;
  NetworkReader reader_;
  BufferPool& pool_;
  std::unique_ptr<ChangeSocket> changes_;  // null: nobody announces them
  SettingsObserver settings_observer_{*this};
  std::unique_ptr<SettingsWatch> settings_;  // null: nobody watches
  std::shared_ptr<const ports::NetworkSnapshot> snapshot_;
  bool stale_ = true;
  bool settings_stale_ = false;
  ports::NetworkObserver* observer_ = nullptr;
};

}  // namespace bowline::linux_host
