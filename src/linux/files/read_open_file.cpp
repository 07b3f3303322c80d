#include "linux/files/read_open_file.h"

#include <algorithm>
#include <cerrno>
#include <span>

namespace bowline::linux_host {

Result<std::string> read_open_file(const System& system, int descriptor, std::size_t bytes_max,
                                   const char* operation) {
  constexpr std::size_t step_bytes = 4096;
  std::string text;
  std::size_t size = 0;
  while (size < bytes_max) {
    text.resize(size + std::min(step_bytes, bytes_max - size));
    const ssize_t count =
        system.read(descriptor, std::as_writable_bytes(std::span(text).subspan(size)));
    if (count < 0) return Error::from_errno(errno, operation);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace bowline::linux_host
