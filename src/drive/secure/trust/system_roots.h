#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "drive/loop/service.h"
#include "ports/certificates.h"
#include "ports/files.h"

namespace bowline::drive {

class Loop;

/// The roots that this host trusts, told apart by who put them there, and read again when they changed.
///
/// On Debian and Ubuntu the roots of the distribution are those that /etc/ca-certificates.conf names below
/// mozilla/; every other one in the bundle was added: from /usr/local/share/ca-certificates, by another
/// package, or by hand. Other systems keep no such list in a form that can be read here: there they are all
/// of origin `system`.
class SystemRoots {
 public:
  explicit SystemRoots(ports::Files& files) : files_(files) {}

  /// Sets of the present roots, the distribution's first; none is empty.
  ///
  /// errors    what kept them from being read: none is trusted then. malformed, limit_exceeded
  [[nodiscard]] Result<std::vector<ports::RootSet>> read(const ports::CertificateLibrary& library);

  /// Differs whenever other roots are trusted: SHA-256 of the files, the same on every loop and host that has
  /// the same. All zeros before the first read().
  [[nodiscard]] const Certificate::Digest& identity() const { return identity_; }

 private:
  struct Bundle {
    std::string_view path;
    std::uint64_t version = 0;
  };
  [[nodiscard]] std::optional<Bundle> find_bundle() const;
  [[nodiscard]] Result<void> load(const ports::CertificateLibrary& library, const Bundle& bundle);
  [[nodiscard]] Result<std::string> read_whole(std::string_view path, std::size_t bytes_max);
  [[nodiscard]] std::optional<std::set<ports::Der>> read_shipped(
      const ports::CertificateLibrary& library);

  ports::Files& files_;
  std::uint64_t version_ = 0;  // of all that was read; 0 = nothing was
  std::vector<ports::RootSet> sets_;
  std::optional<Error> failure_;
  Certificate::Digest identity_{};
};

/// The one of a loop.
class SystemRootsOfLoop final : public Service {
 public:
  explicit SystemRootsOfLoop(Loop& loop);
  [[nodiscard]] SystemRoots& roots() { return roots_; }

 private:
  SystemRoots roots_;
};

}  // namespace bowline::drive
