#include "drive/secure/trust/system_roots.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/mix.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

constexpr std::size_t bundle_bytes_max = std::size_t{8} << 20;
constexpr std::size_t root_bytes_max = std::size_t{64} << 10;
constexpr std::size_t list_bytes_max = std::size_t{256} << 10;
constexpr std::size_t roots_max = 4096;
constexpr std::string_view list_path = "/etc/ca-certificates.conf";
constexpr std::string_view shipped_folder = "/usr/share/ca-certificates/";
constexpr std::string_view shipped_prefix = "mozilla/";

/// Where systems keep all their roots in one file.
constexpr std::array<std::string_view, 4> bundle_paths{
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // Alpine
};

std::vector<std::string> shipped_names(std::string_view list);

}  // namespace

Result<std::vector<ports::RootSet>> SystemRoots::read(const ports::CertificateLibrary& library) {
  const auto bundle = find_bundle();
  if (!bundle) {
    version_ = 0;
    identity_ = {};
    return Error(ErrorKind::untrusted, "read system roots",
                 "this host has no file of trusted roots; the package is mostly called "
                 "ca-certificates");
  }
  const std::uint64_t version = mix(mix(bundle->version) + files_.version(list_path)) | 1;
  if (version != version_) {
    version_ = version;
    sets_.clear();
    identity_ = {};
    const auto loaded = load(library, *bundle);
    failure_ = loaded.has_value() ? std::nullopt : std::optional(loaded.error());
  }
  if (failure_) return *failure_;
  return sets_;
}

std::optional<SystemRoots::Bundle> SystemRoots::find_bundle() const {
  for (const std::string_view path : bundle_paths)
    if (const std::uint64_t version = files_.version(path); version != 0)
      return Bundle{path, version};
  return std::nullopt;
}

Result<void> SystemRoots::load(const ports::CertificateLibrary& library, const Bundle& bundle) {
  BOWLINE_TRY(const std::string text, read_whole(bundle.path, bundle_bytes_max));
  BOWLINE_TRY(std::vector<ports::Der> roots, library.read(as_bytes(text), roots_max));
  const auto shipped = read_shipped(library);
  std::string identity = text;
  std::vector<ports::Der> distribution;
  std::vector<ports::Der> others;
  for (ports::Der& root : roots) {
    const bool is_shipped = shipped && shipped->contains(root);
    identity += is_shipped ? '+' : '-';
    (is_shipped ? distribution : others).push_back(std::move(root));
  }
  if (!distribution.empty())
    sets_.push_back({library.make_roots(std::move(distribution)), RootOrigin::distribution});
  if (!others.empty())
    sets_.push_back({library.make_roots(std::move(others)),
                     shipped ? RootOrigin::administrator : RootOrigin::system});
  identity_ = library.digest(as_bytes(identity));
  return {};
}

Result<std::string> SystemRoots::read_whole(std::string_view path, std::size_t bytes_max) {
  BOWLINE_TRY(std::string text, files_.read(path, bytes_max));
  if (text.size() >= bytes_max)
    return Error(ErrorKind::limit_exceeded, "read system roots",
                 std::string(path) + " has more than " + std::to_string(bytes_max) + " octets");
  return text;
}

/// The distribution's own roots; nothing if this host has no list of them. One that cannot be read counts as
/// added: that errs on the safe side.
std::optional<std::set<ports::Der>> SystemRoots::read_shipped(
    const ports::CertificateLibrary& library) {
  const auto list = files_.version(list_path) == 0 ? Result<std::string>(std::string())
                                                   : read_whole(list_path, list_bytes_max);
  if (!list.has_value() || list->empty()) return std::nullopt;
  std::set<ports::Der> shipped;
  for (const std::string& name : shipped_names(*list)) {
    const auto text = read_whole(std::string(shipped_folder) + name, root_bytes_max);
    if (!text.has_value()) continue;
    auto read = library.read(as_bytes(*text), 1);
    if (read.has_value()) shipped.insert(std::move(read->front()));
  }
  return shipped;
}

SystemRootsOfLoop::SystemRootsOfLoop(Loop& loop) : roots_(loop.host().files()) {}

namespace {

/// The lines of ca-certificates.conf(5) that name a root of Mozilla's list and are not turned off by '!'.
std::vector<std::string> shipped_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty() && names.size() < roots_max) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    const std::string_view line = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const bool leads_out = line.find("..") != std::string_view::npos;
    if (line.starts_with(shipped_prefix) && line.ends_with(".crt") && !leads_out)
      names.emplace_back(line);
  }
  return names;
}

}  // namespace

}  // namespace bowline::drive
