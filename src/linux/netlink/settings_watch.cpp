#include "linux/netlink/settings_watch.h"

#include <sys/inotify.h>

#include <array>
#include <utility>

#include "ports/network.h"

namespace bowline::linux_host {

namespace {

/// The files and folders themselves, and those in which they appear or are replaced. resolv.conf is often a
/// link to a file that a program keeps in one of the last three.
constexpr std::array<const char*, 9> places{ports::NetworkSettings::interfaces,
                                            ports::NetworkSettings::resolver,
                                            ports::NetworkSettings::resolved_links,
                                            ports::NetworkSettings::networkd_links,
                                            "/etc",
                                            "/etc/bowline",
                                            "/run/systemd/resolve",
                                            "/run/NetworkManager",
                                            "/run/resolvconf"};
constexpr std::uint32_t kinds =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY;

}  // namespace

std::unique_ptr<SettingsWatch> SettingsWatch::open(EpollPoller& poller,
                                                   ports::SocketObserver& observer) {
  Descriptor descriptor(poller.system().inotify_create());
  if (!descriptor.is_open()) return nullptr;
  std::unique_ptr<SettingsWatch> watch(new SettingsWatch(poller, std::move(descriptor), &observer));
  watch->add_places();
  if (!watch->watch_arrivals().has_value()) return nullptr;
  return watch;
}

/// A place that is not there yet appears in one that is.
void SettingsWatch::add_places() {
  for (const char* place : places) static_cast<void>(system().inotify_add(fd(), place, kinds));
}

void SettingsWatch::take_news() {
  std::array<std::byte, 4096> news;
  while (system().read(fd(), news) > 0) {
  }
  note_read_blocked();
  add_places();
}

}  // namespace bowline::linux_host
