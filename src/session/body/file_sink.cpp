#include "session/body/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace bowline::session {

FileSink::FileSink(std::string path, std::string partial)
    : path_(std::move(path)),
      name_(path_.substr(path_.rfind('/') + 1)),  // npos + 1 is 0
      partial_(std::move(partial)) {}

FileSink::~FileSink() {
  if (file_ >= 0) ::close(file_);
  if (!is_done_ && !is_kept_ && file_ >= 0) ::unlinkat(folder_, partial_.c_str(), 0);
  if (folder_ >= 0) ::close(folder_);
}

Result<std::unique_ptr<FileSink>> FileSink::create(const std::string& path,
                                                   const std::string& mark) {
  std::unique_ptr<FileSink> sink(new FileSink(path, {}));
  if (sink->name_.empty() || sink->name_ == "." || sink->name_ == "..")
    return Error(ErrorKind::invalid_argument, "download", "this is no name of a file").about(path);
  // Short enough whatever the name is.
  sink->partial_ = "." + sink->name_.substr(0, 200) + "." + mark + ".part";
  BOWLINE_TRY_VOID(sink->open_folder());
  sink->file_ = ::openat(sink->folder_, sink->partial_.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (sink->file_ < 0) return sink->system_error("create");
  return sink;
}

Result<std::unique_ptr<FileSink>> FileSink::reopen(const std::string& path,
                                                   const std::string& partial,
                                                   std::uint64_t offset) {
  if (partial.empty() || partial.contains('/'))
    return Error(ErrorKind::malformed, "resume",
                 "the resume data names no file beside the download");
  std::unique_ptr<FileSink> sink(new FileSink(path, partial));
  BOWLINE_TRY_VOID(sink->open_folder());
  sink->is_kept_ = true;
  sink->file_ =
      ::openat(sink->folder_, partial.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (sink->file_ < 0) return sink->system_error("open");
  struct stat is{};
  if (::fstat(sink->file_, &is) != 0) return sink->system_error("stat");
  if (!S_ISREG(is.st_mode) || static_cast<std::uint64_t>(is.st_size) < offset)
    return Error(ErrorKind::closed, "resume", "what had been downloaded is gone or shorter")
        .about(path);
  if (::ftruncate(sink->file_, static_cast<off_t>(offset)) != 0 ||
      ::lseek(sink->file_, static_cast<off_t>(offset), SEEK_SET) < 0)
    return sink->system_error("truncate");
  sink->octets_ = offset;
  sink->is_kept_ = false;
  return sink;
}

Result<void> FileSink::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("write");
    octets_ += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> FileSink::restart() {
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) < 0)
    return system_error("truncate");
  octets_ = 0;
  return {};
}

Result<void> FileSink::commit() {
  if (::fsync(file_) != 0) return system_error("fsync");
  if (::renameat(folder_, partial_.c_str(), folder_, name_.c_str()) != 0)
    return system_error("rename");
  is_done_ = true;
  if (::fsync(folder_) != 0) return system_error("fsync");
  return {};
}

Result<void> FileSink::open_folder() {
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path_.substr(0, slash);
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) return system_error("open");
  return {};
}

Error FileSink::system_error(const char* operation) const {
  return Error::from_errno(errno, operation).about(path_);
}

}  // namespace bowline::session
