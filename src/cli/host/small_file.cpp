#include "cli/host/small_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace bowline::cli {

Result<std::string> read_small_file(const std::string& path) {
  constexpr std::size_t bytes_max = std::size_t{4} << 20;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (!file) return Error::from_errno(errno, "read").about(path);
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return Error::from_errno(errno, "read").about(path);
  if (text.size() > bytes_max)
    return Error(ErrorKind::limit_exceeded, "read", "more than 4 MiB").about(path);
  return text;
}

bool others_may_read(const std::string& path) {
  using std::filesystem::perms;
  std::error_code problem;  // of a file that was read just now
  const auto status = std::filesystem::status(path, problem);
  return !problem &&
         (status.permissions() & (perms::group_read | perms::others_read)) != perms::none;
}

}  // namespace bowline::cli
