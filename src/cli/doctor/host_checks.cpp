#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "cli/doctor/checks.h"
#include "cli/doctor/sockets_table.h"
#include "cli/host/small_file.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

/// A certificate that is valid today was made later than this, and the clock of a host whose battery is empty
/// begins long before.
void check_clock(Findings& findings) {
  using namespace std::chrono;
  const auto today = floor<days>(system_clock::now());
  const year_month_day date(today);
  const std::string evidence = std::to_string(static_cast<int>(date.year())) + "-" +
                               std::to_string(static_cast<unsigned>(date.month())) + "-" +
                               std::to_string(static_cast<unsigned>(date.day()));
  const bool too_early = today < sys_days(2025y / January / 1);
  const bool too_late = today > sys_days(2060y / January / 1);
  if (too_early || too_late) {
    findings.push_back({Health::bad, "clock", evidence + " cannot be today",
                        "certificates are judged by it: set it, or let NTP (timedatectl "
                        "set-ntp true)"});
  } else {
    findings.push_back({Health::good, "clock", evidence, ""});
  }
}

void check_proxies(Findings& findings) {
  std::string set;
  for (const char* name :
       {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    // What stands before @ is a password.
    std::string_view shown(value);
    const std::size_t at = shown.rfind('@');
    if (at != std::string_view::npos) shown.remove_prefix(at + 1);
    set += (set.empty() ? "" : ", ") + std::string(name) + "=" + safe(shown, 80);
  }
  if (set.empty()) {
    findings.push_back({Health::good, "proxies", "none in the environment", ""});
  } else {
    findings.push_back({Health::noted, "proxies", set,
                        "programs that heed these speak to the proxy, and fail when it does"});
  }
}

/// With strict filtering the kernel drops what comes in by another interface than answers would go out by.
void check_source_filter(const Path& path, Findings& findings) {
  const std::size_t uplinks = path.gateways().size();
  std::string strict;
  const auto value_of = [](const std::string& name) {
    const auto text = read_small_file("/proc/sys/net/ipv4/conf/" + name + "/rp_filter");
    return text.has_value() && !text->empty() ? (*text)[0] : '0';
  };
  for (const Interface& interface : path.interfaces()) {
    if (interface.type() == InterfaceType::loopback) continue;
    // The stricter of the two counts (ip-sysctl).
    if (std::max(value_of("all"), value_of(interface.name())) == '1')
      strict += (strict.empty() ? "" : ", ") + safe(interface.name(), 32);
  }
  if (strict.empty()) {
    findings.push_back({Health::good, "rp_filter", "the kernel drops nothing for its source", ""});
  } else if (uplinks > 1) {
    findings.push_back({Health::doubtful, "rp_filter",
                        "strict on " + strict + ", and there are several ways out",
                        "what comes in by the second way is dropped: sysctl "
                        "net.ipv4.conf.all.rp_filter=2"});
  } else {
    findings.push_back({Health::good, "rp_filter", "strict, and there is one way out", ""});
  }
}

bool host_has(const Path& path, const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) return true;
  return std::ranges::any_of(path.interfaces(), [&](const Interface& interface) {
    return std::ranges::any_of(interface.addresses(), [&](const InterfaceAddress& one) {
      return one.address().with_scope(0) == address.with_scope(0);
    });
  });
}

}  // namespace

void check_host(Loop& /*loop*/, const Path& path, Findings& findings) {
  check_clock(findings);
  check_proxies(findings);
  check_source_filter(path, findings);
}

void check_listeners(const Path& path, Findings& findings) {
  std::size_t listeners = 0;
  std::size_t lost = 0;
  for (const HostSocket& socket : read_sockets()) {
    if (!socket.listens) continue;
    ++listeners;
    if (host_has(path, socket.local.ip)) continue;
    ++lost;
    const auto owners = owners_of(socket.inode);
    const std::string who = owners.empty() ? "a program of user " + user_name(socket.user_id)
                                           : safe(owners.front().name, 32) + " (process " +
                                                 std::to_string(owners.front().process) + ")";
    findings.push_back({Health::bad, "listener " + socket.protocol + " " + to_string(socket.local),
                        who + " listens on an address that this host does not have",
                        "nobody can reach it: restart the program, or give the address back"});
  }
  if (lost == 0)
    findings.push_back({Health::good, "listeners",
                        std::to_string(listeners) + " sockets, all on addresses of this host", ""});
}

}  // namespace bowline::cli
