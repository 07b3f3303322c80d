#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bowline::ports {

/// Configuration of the host: files such as resolv.conf and hosts, and the process's environment.
class Files {
 public:
  virtual ~Files() = default;

  /// The file's first `bytes_max` octets.
  [[nodiscard]] virtual Result<std::string> read(std::string_view path, std::size_t bytes_max) = 0;

  /// A number that differs after the file was changed or replaced; 0 if there is no such file. Cheap enough
  /// to ask before every lookup.
  [[nodiscard]] virtual std::uint64_t version(std::string_view path) = 0;

  /// Adds to the end of a file, in one piece among others that do the same. If there is none it is made, for
  /// this user's eyes only (mode 0600). A symbolic link is not followed.
  [[nodiscard]] virtual Result<void> append_private(std::string_view path,
                                                    std::string_view text) = 0;

  /// A variable of the environment; empty if it is not set, or must not be heeded because this process has
  /// rights that its user has not.
  [[nodiscard]] virtual std::string variable(const char* name) = 0;
};

}  // namespace bowline::ports
