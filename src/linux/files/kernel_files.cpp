#include "linux/files/kernel_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/bytes.h"
#include "base/mix.h"
#include "linux/files/read_open_file.h"
#include "linux/system/descriptor.h"

namespace bowline::linux_host {

namespace {

constexpr const char* reading_file = "read file";

std::uint64_t mix(std::uint64_t hash, std::uint64_t value);
std::uint64_t nanoseconds(const timespec& time);

}  // namespace

Result<std::string> KernelFiles::read(std::string_view path, std::size_t bytes_max) {
  const std::string name(path);
  const Descriptor file(system_.open(name.c_str()));
  if (!file.is_open()) return Error::from_errno(errno, reading_file).about(name);
  auto text = read_open_file(system_, file.number(), bytes_max, reading_file);
  if (!text.has_value()) return std::move(text).error().about(name);
  return text;
}

std::uint64_t KernelFiles::version(std::string_view path) {
  struct stat status{};
  if (system_.stat(std::string(path).c_str(), status) < 0) return 0;
  std::uint64_t hash = mix(0, nanoseconds(status.st_mtim));
  // Copying with the time preserved does not preserve this one.
  hash = mix(hash, nanoseconds(status.st_ctim));
  hash = mix(hash, status.st_ino);
  hash = mix(hash, static_cast<std::uint64_t>(status.st_size));
  return std::max<std::uint64_t>(hash, 1);
}

Result<void> KernelFiles::append_private(std::string_view path, std::string_view text) {
  constexpr const char* appending = "append to file";
  const std::string name(path);
  const Descriptor file(system_.open_at(AT_FDCWD, name.c_str(),
                                        O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY,
                                        S_IRUSR | S_IWUSR));
  if (!file.is_open()) return Error::from_errno(errno, appending).about(name);
  // The kernel appends each write() in one piece; a short one happens when the disk is full.
  std::span<const std::byte> rest = as_bytes(text);
  while (!rest.empty()) {
    const ssize_t count = system_.write_file(file.number(), rest);
    if (count < 0) return Error::from_errno(errno, appending).about(name);
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

std::string KernelFiles::variable(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

namespace {

/// One round of SplitMix64.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return bowline::mix((hash ^ value) + 0x9e3779b97f4a7c15);
}

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

}  // namespace bowline::linux_host
