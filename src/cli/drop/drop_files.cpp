#include "cli/drop/drop_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace bowline::cli {

namespace {

constexpr std::size_t file_name_bytes_max = 200;

std::string last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

/// "picture.jpg" as "picture (2).jpg"
std::string numbered(const std::string& name, int number) {
  if (number == 1) return name;
  const std::size_t dot = name.rfind('.');
  const std::size_t end = dot == std::string::npos || dot == 0 ? name.size() : dot;
  return name.substr(0, end) + " (" + std::to_string(number) + ")" + name.substr(end);
}

}  // namespace

DropFile::~DropFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::vector<OfferedFile>> offer_files(std::span<const std::string_view> paths) {
  std::vector<OfferedFile> files;
  for (const std::string_view given : paths) {
    OfferedFile file{std::string(given), last_part(given), 0};
    struct stat facts{};
    if (::stat(file.path.c_str(), &facts) != 0)
      return Error::from_errno(errno, "open").about(file.path);
    if (!S_ISREG(facts.st_mode))
      return Error(ErrorKind::invalid_argument, "drop", "only files can be dropped")
          .about(file.path);
    file.size = static_cast<std::uint64_t>(facts.st_size);
    files.push_back(std::move(file));
  }
  return files;
}

Result<DropFile> open_offered(const OfferedFile& file) {
  DropFile opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0) return Error::from_errno(errno, "open").about(file.path);
  return opened;
}

Result<std::size_t> read_at(const DropFile& file, std::uint64_t offset, std::span<std::byte> into) {
  const ssize_t count = ::pread(file.get(), into.data(), into.size(), static_cast<off_t>(offset));
  if (count < 0) return Error::from_errno(errno, "read");
  return static_cast<std::size_t>(count);
}

std::string safe_file_name(std::string_view name) {
  std::string kept;
  for (const char c : last_part(name))
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != ':') kept += c;
  while (kept.starts_with('.') || kept.starts_with(' ')) kept.erase(0, 1);
  if (kept.size() > file_name_bytes_max) {
    // The end says what kind of file it is; a character is not cut in two.
    const std::size_t dot = kept.rfind('.');
    const std::string kind =
        dot != std::string::npos && kept.size() - dot < 16 ? kept.substr(dot) : "";
    std::size_t end = file_name_bytes_max - kind.size();
    while (end > 0 && (static_cast<unsigned char>(kept[end]) & 0xc0) == 0x80) --end;
    kept = kept.substr(0, end) + kind;
  }
  return kept.empty() ? "file" : kept;
}

Result<IncomingFile> IncomingFile::create(const std::string& folder, std::string_view name,
                                          std::uint64_t size) {
  IncomingFile file;
  file.folder_ = folder;
  file.name_ = safe_file_name(name);
  file.size_ = size;
  std::string pattern = folder + "/.bowline-drop-XXXXXX";
  const int descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor < 0) return Error::from_errno(errno, "create").about(folder);
  file.file_ = DropFile(descriptor);
  file.partial_ = std::move(pattern);
  return file;
}

IncomingFile& IncomingFile::operator=(IncomingFile&& other) noexcept {
  discard();
  file_ = std::move(other.file_);
  folder_ = std::move(other.folder_);
  name_ = std::move(other.name_);
  partial_ = std::exchange(other.partial_, {});
  size_ = other.size_;
  written_ = other.written_;
  return *this;
}

IncomingFile::~IncomingFile() { discard(); }

void IncomingFile::discard() {
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

Result<void> IncomingFile::write(std::span<const std::byte> bytes) {
  if (bytes.size() > size_ - written_)
    return Error(ErrorKind::limit_exceeded, "drop", "more came than was announced").about(name_);
  written_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::from_errno(errno, "write").about(name_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> IncomingFile::finish() {
  constexpr int numbers_max = 1000;
  if (written_ < size_)
    return Error(ErrorKind::closed, "drop", "the file is not whole").about(name_);
  if (::fchmod(file_.get(), 0644) != 0) return Error::from_errno(errno, "create").about(name_);
  for (int number = 1; number <= numbers_max; ++number) {
    const std::string path = folder_ + "/" + numbered(name_, number);
    // Nothing that is there is replaced.
    if (::link(partial_.c_str(), path.c_str()) == 0) return path;
    if (errno != EEXIST) return Error::from_errno(errno, "create").about(path);
  }
  return Error(ErrorKind::limit_exceeded, "drop", "there are a thousand files of this name")
      .about(name_);
}

}  // namespace bowline::cli
