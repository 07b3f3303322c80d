#include "linux/netlink/kernel_network.h"

#include "linux/netlink/route_probe.h"
#include "linux/tcp/tcp_listener.h"
#include "linux/tcp/tcp_stream.h"

namespace bowline::linux_host {

using ports::NetworkSnapshot;
using ports::SocketObserver;

namespace {

struct Owner {
  const ports::Interface* interface = nullptr;
  const ports::InterfaceAddress* address = nullptr;
};

Owner owner_of(const IpAddress& address, std::uint32_t interface_index,
               const NetworkSnapshot& network);

}  // namespace

Result<std::shared_ptr<const NetworkSnapshot>> KernelNetwork::snapshot() {
  if (!changes_) watch_changes();
  const bool is_fresh = !stale_ && changes_ && !changes_->change_is_announced();
  if (is_fresh && !settings_stale_) return snapshot_;
  NetworkSnapshot network;
  if (is_fresh) {
    network = *snapshot_;
  } else {
    BOWLINE_TRY(network, reader_.read());
  }
  network.settings_version = settings_version();
  stale_ = settings_stale_ = false;
  // The same object for the same state, which makes "did it change" one comparison of pointers above us.
  if (snapshot_ == nullptr || *snapshot_ != network)
    snapshot_ = std::make_shared<const NetworkSnapshot>(std::move(network));
  return snapshot_;
}

void KernelNetwork::observe(ports::NetworkObserver* observer) {
  observer_ = observer;
  if (!changes_) watch_changes();
}

void KernelNetwork::watch_settings() {
  if (settings_) return;
  settings_ = SettingsWatch::open(poller_, settings_observer_);
  settings_stale_ = true;
}

void KernelNetwork::handle_settings() {
  settings_->take_news();
  settings_stale_ = true;
  if (observer_ != nullptr) observer_->handle_network_change();
}

std::uint64_t KernelNetwork::settings_version() {
  std::uint64_t version = 0;
  for (const char* path : ports::NetworkSettings::paths)
    version = version * 0x9e3779b97f4a7c15 + files_.version(path);
  return version;
}

/// Where it fails, every snapshot is read anew and tries this again.
void KernelNetwork::watch_changes() {
  changes_ = ChangeSocket::open(poller_, *this);
  stale_ = true;
}

void KernelNetwork::handle_readiness(ports::Readiness /*readiness*/) {
  changes_->drop_announcements();
  stale_ = true;
  if (observer_ != nullptr) observer_->handle_network_change();
}

std::optional<ports::SourceAddress> KernelNetwork::source_for(const IpAddress& destination,
                                                              std::uint32_t interface_index) {
  const auto probe = RouteProbe::open(poller_.system(), destination, interface_index);
  if (!probe.has_value()) return std::nullopt;
  ports::SourceAddress source{probe->source(), interface_index, false};
  if (source.address.is_unspecified()) return std::nullopt;
  const auto network = snapshot();
  if (!network.has_value()) return source;
  const auto [interface, address] = owner_of(source.address, interface_index, **network);
  if (interface != nullptr) source.interface_index = interface->index;
  if (address != nullptr) source.deprecated = address->deprecated;
  return source;
}

Result<ports::Connecting> KernelNetwork::connect(const SocketAddress& remote,
                                                 const ports::Binding& binding,
                                                 const ports::StreamOptions& options,
                                                 SocketObserver& observer) {
  return TcpStream::connect(poller_, remote, binding, options, observer);
}

Result<std::unique_ptr<ports::StreamListener>> KernelNetwork::listen(
    const SocketAddress& local, const ports::ListenOptions& options, SocketObserver& observer) {
  return TcpListener::listen(poller_, local, options, observer);
}

Result<std::unique_ptr<ports::DatagramSocket>> KernelNetwork::open_datagram(
    const ports::DatagramOptions& options, SocketObserver& observer) {
  return UdpSocket::open(poller_, pool_, options, observer);
}

namespace {

Owner owner_of(const IpAddress& address, std::uint32_t interface_index,
               const NetworkSnapshot& network) {
  for (const auto& interface : network.interfaces) {
    if (interface_index != 0 && interface.index != interface_index) continue;
    for (const auto& candidate : interface.addresses)
      if (candidate.address == address) return {&interface, &candidate};
  }
  return {};
}

}  // namespace

}  // namespace bowline::linux_host
