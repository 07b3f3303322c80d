#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/dns/host_files/hosts_file.h"
#include "core/dns/host_files/resolv_conf.h"
#include "drive/naming/name_service.h"

// Of the name service, what the files of this host say.

namespace bowline::drive {

namespace {

constexpr std::string_view resolv_conf_path = "/etc/resolv.conf";
constexpr std::string_view hosts_path = "/etc/hosts";
constexpr std::size_t resolv_conf_bytes_max = 64 * 1024;
constexpr std::size_t hosts_bytes_max = 256 * 1024 * 1024;
constexpr std::string_view host_name_path = "/proc/sys/kernel/hostname";
constexpr std::size_t host_name_bytes_max = 256;
/// Where Avahi listens for questions, if it runs. systemd-resolved answers those of multicast DNS as a DNS
/// server.
constexpr std::string_view multicast_dns_path = "/run/avahi-daemon/socket";

}  // namespace

const core::ResolverConfig& NameService::config() {
  // What is known stays known while the files cannot be read.
  (void)refresh_config();
  return config_;
}

/// Takes over the files if they have changed. A shortage that passes leaves everything as it was, to be tried
/// again; it is an error only while there is nothing to go on with.
Result<void> NameService::refresh_config() {
  ports::Files& files = loop_.host().files();
  if (configured_ && no_reload_) return {};
  std::uint64_t version = 0;
  for (const std::string_view path : {resolv_conf_path, hosts_path, multicast_dns_path})
    version = version * 0x9e3779b97f4a7c15 + files.version(path);
  if (configured_ && version == config_version_) return {};
  auto config = read_config();
  if (!config.has_value()) return configured_ ? Result<void>() : std::move(config).error();
  configured_ = true;
  config_version_ = version;
  config_ = *std::move(config);
  configure();
  pump();
  return {};
}

Result<core::ResolverConfig> NameService::read_config() {
  const core::InterfaceIndex index_of =
      [this](std::string_view name) -> std::optional<std::uint32_t> {
    const auto snapshot = loop_.host().network().snapshot();
    const auto* interface = snapshot.has_value() ? (*snapshot)->find(name) : nullptr;
    return interface != nullptr ? std::optional(interface->index) : std::nullopt;
  };
  ports::Files& files = loop_.host().files();
  BOWLINE_TRY(const std::string servers_text, read_lines(resolv_conf_path, resolv_conf_bytes_max));
  core::ResolvConf read = core::parse_resolv_conf(servers_text, index_of, resolv_conf_context());
  for (const std::string& warning : read.warnings) note_unused(resolv_conf_path, warning);
  no_reload_ = read.no_reload;
  read.config.multicast_dns = files.version(multicast_dns_path) != 0;
  BOWLINE_TRY(read.config.hosts, hosts_as_of(files.version(hosts_path), index_of));
  return std::move(read.config);
}

/// The hosts file may be large: while it has not changed, it is not read again.
Result<std::shared_ptr<core::HostsFile>> NameService::hosts_as_of(
    std::uint64_t version, const core::InterfaceIndex& index_of) {
  if (config_.hosts != nullptr && version == hosts_version_) return config_.hosts;
  BOWLINE_TRY(std::string text, read_lines(hosts_path, hosts_bytes_max));
  auto hosts = std::make_shared<core::HostsFile>(std::move(text), index_of);
  hosts_version_ = version;
  if (loop_.tracer().is_on())
    if (const std::size_t useless = hosts->count_useless_lines(); useless > 0)
      note_unused(hosts_path, std::to_string(useless) + " lines without an address and a name");
  return hosts;
}

core::ResolvConfContext NameService::resolv_conf_context() {
  ports::Files& files = loop_.host().files();
  core::ResolvConfContext context;
  if (auto name = files.read(host_name_path, host_name_bytes_max); name.has_value())
    context.host_name = name->substr(0, name->find('\n'));
  context.local_domain = files.variable("LOCALDOMAIN");
  context.options = files.variable("RES_OPTIONS");
  return context;
}

/// A file that is not there, or not for us, is as good as empty: resolv.conf(5), hosts(5). A very large one
/// counts up to its last line that fits.
Result<std::string> NameService::read_lines(std::string_view path, std::size_t bytes_max) {
  auto text = loop_.host().files().read(path, bytes_max);
  if (!text.has_value()) {
    const ErrorKind kind = text.error().kind();
    const bool lasting =
        kind == ErrorKind::invalid_argument || kind == ErrorKind::permission_denied;
    return lasting ? Result<std::string>(std::string()) : text;
  }
  if (text->size() < bytes_max) return text;
  note_unused(path, "what is beyond " + std::to_string(bytes_max) + " octets");
  text->resize(text->rfind('\n') + 1);
  return text;
}

void NameService::note_unused(std::string_view path, std::string_view what) {
  if (!loop_.tracer().is_on()) return;
  std::string detail(path);
  detail.append(": ").append(what);
  loop_.tracer().emit(loop_.now(), "R",
                      {core::TraceKind::config_unused, std::move(detail), std::nullopt});
}

}  // namespace bowline::drive
